/** Names of layers inside tfmot's wrappers: `prune_low_magnitude_conv` around `conv`. */

import { WRAPPERS } from "../tables.ts";

/** What a layer of this name would be the wrapper of, undefined where it is none. */
export function wrappedBy(name: string): string | undefined {
  const wrapper = WRAPPERS.find((known) => name.startsWith(known) && name !== known);
  return wrapper && name.slice(wrapper.length);
}

/** A path without the wrappers of tfmot: `prune_low_magnitude_conv/conv` is `conv`. */
export function unwrapped(path: string): string {
  const steps = path.split("/");
  const isWrapper = (step: string, within = ""): boolean =>
    wrappedBy(step) === layerPath(within.replace(/@\d+$/, ""));
  return steps.filter((step, i) => !isWrapper(step, steps[i + 1])).join("/");
}

/** A kernel's name without `.weight`, which it has where its layer has several. */
export function layerPath(name: string): string {
  return name.replace(/\.[^./]+$/, "");
}
