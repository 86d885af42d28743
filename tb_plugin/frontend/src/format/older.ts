/** Facts that logs before version 1.2 hold in words only: read from these. */

/** The layers of each explainer, of settings such as `at conv1, conv2; steps 32`. */
export function layersInSettings(
  settings: Readonly<Record<string, string>>,
): Record<string, readonly string[]> {
  const layers = Object.entries(settings).flatMap(([name, text]) => {
    const names = text.match(/^at ([^;]+)/)?.[1];
    return names === undefined ? [] : [[name, names.split(", ")] as const];
  });
  return Object.fromEntries(layers);
}

/** The epoch that drift is measured from, of `epoch 2, the best so far by val_loss`. */
export function stepInReference(reference: string): number | undefined {
  const epoch = reference.match(/^epoch ([0-9]{1,9})\b/)?.[1];
  return epoch === undefined ? undefined : Number(epoch);
}
