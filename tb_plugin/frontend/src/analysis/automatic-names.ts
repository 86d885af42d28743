/** Layers of two runs that differ in automatic names only: `conv2d` here is `conv2d_4` there. */

/** What Keras calls layers that nobody named, before it counts them. */
const KINDS =
  /^(prune_low_magnitude_|quant_|cluster_)?(separable_|depthwise_)?(conv[123]d(_transpose)?|dense|einsum_dense|embedding|lstm|gru|simple_rnn|bidirectional|time_distributed|multi_head_attention|group_query_attention|batch_normalization|layer_normalization|(global_)?(max|average)_pooling[123]d|activation|re_lu|leaky_re_lu|p_re_lu|add|concatenate|flatten|reshape|dropout|input_layer|input|keras_tensor|functional|sequential|model)$/;

/** A part of a path: its name, the number that Keras counted, and what stands behind it. */
const PART = /^(.*?)(?:_(\d+))?((?:@\d+|\.[^.]+)?)$/;

/** A path without the numbers that Keras counted; undefined where it has no automatic part. */
function stemOf(path: string): string | undefined {
  let isAutomatic = false;
  const parts = path.split("/").map((part) => {
    const [, name = part, , rest = ""] = part.match(PART) ?? [];
    if (!KINDS.test(name)) return part;
    isAutomatic = true;
    return name + rest;
  });
  return isAutomatic ? parts.join("/") : undefined;
}

/**
 * By name of `second`, what the same layer is called in `first`; equal names are left out. Layers of
 * one kind are matched by their order, where both have as many of it.
 */
export function sameByOrder(
  first: readonly string[],
  second: readonly string[],
): Map<string, string> {
  const [ours, theirs] = [byStem(first), byStem(second)];
  const same = new Map<string, string>();
  for (const [stem, names] of theirs) {
    const twins = ours.get(stem) ?? [];
    if (twins.length !== names.length) continue;
    for (const [i, name] of names.entries()) {
      if (twins[i] !== name) same.set(name, twins[i] as string);
    }
  }
  return same;
}

function byStem(names: readonly string[]): Map<string, string[]> {
  const stems = new Map<string, string[]>();
  for (const name of names) {
    const stem = stemOf(name);
    if (stem !== undefined) stems.set(stem, [...(stems.get(stem) ?? []), name]);
  }
  return stems;
}
