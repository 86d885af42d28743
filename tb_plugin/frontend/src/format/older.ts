/** What logs before version 1.2 say in words only. */

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
  const epoch = reference.match(/^epoch (\d+)\b/)?.[1];
  return epoch === undefined ? undefined : Number(epoch);
}
