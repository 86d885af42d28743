/** How many positions the explained input has along each axis: what boxes are measured in. */

import { recordsOf } from "../data/series.ts";
import type { Store } from "../data/store.ts";
import type { ShownRun } from "./runs.ts";
import type { Scene } from "./scene.ts";

/** Rows and columns of pictures, positions of all else; undefined where no map is shown. */
export function inputSides(scene: Scene, store: Store): readonly number[] | undefined {
  const { evidence } = scene;
  if (!evidence) return undefined;
  for (const run of scene.shown) {
    const content = run.run.groups.find(({ group }) => group === evidence.group)?.content;
    if (!content) continue;
    const sides = sidesOf(run, content.input, store);
    if (sides) return sides;
    // Of the map itself, where nothing is known of its input.
    if (content.shape.length > 0) return content.shape.slice(-2);
  }
  return undefined;
}

function sidesOf({ id, run }: ShownRun, name: string, store: Store): readonly number[] | undefined {
  const input = name ? run.inputs.find((one) => one.name === name) : run.inputs[0];
  if (input && input.shape.length >= 2) {
    return input.layout === "volume" ? input.shape.slice(1, 3) : input.shape.slice(0, 2);
  }
  const picture = input && store.picture(id, input.name, 0);
  if (picture) return [picture.height, picture.width];
  const values = recordsOf(store.get(id, `values/${name}`), "values").at(-1);
  return values && [values.length];
}
