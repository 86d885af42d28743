/** Which layers a structure calls, by what the page calls them. */

import type { Structure } from "../format/structured.ts";
import { sameByOrder } from "./automatic-names.ts";
import { memo, memoBy } from "./memo.ts";
import { unwrapped } from "./wrappers.ts";

/** The layers that are called, in the order of their first calls. */
const layersIn = memo((structure: Structure): readonly string[] => {
  const calls = structure.rows.filter(({ kind }) => kind === "call");
  return [...new Set(calls.map(({ name }) => layerNamed(name)))];
});

/** A structure with what the page calls layers that Keras counted otherwise in the first run. */
export const namedAs = memoBy(
  (structure: Structure, first: Structure): Structure => ({
    ...structure,
    called: sameByOrder(layersIn(first), layersIn(structure)),
  }),
);

/** The same, as the page calls them. */
export const calledLayers = memo((structure: Structure): readonly string[] =>
  layersIn(structure).map((name) => structure.called?.get(name) ?? name),
);

/** Without wrappers, and without the number of the call. */
export function layerNamed(name: string): string {
  return unwrapped(name.replace(/@\d+$/, ""));
}
