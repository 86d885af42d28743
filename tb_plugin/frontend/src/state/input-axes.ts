/** The axes of the explained input: what boxes are measured in, and what their positions are. */

import type { BoxAxes } from "../analysis/boxes.ts";
import { unitOf } from "../analysis/layouts.ts";
import { recordsOf } from "../data/series.ts";
import type { Store } from "../data/store.ts";
import type { Layout } from "../tables.ts";
import type { ShownRun } from "./runs.ts";
import type { Scene } from "./scene.ts";

/** Undefined where no map is shown. */
export function inputAxes(scene: Scene, store: Store): BoxAxes | undefined {
  const { evidence } = scene;
  if (!evidence) return undefined;
  for (const run of scene.shown) {
    const content = run.run.groups.find(({ group }) => group === evidence.group)?.content;
    if (!content) continue;
    const values = recordsOf(store.get(run.id, `values/${content.input}`), "values").at(-1);
    if (values) return axesOf([values.length], values.layout, values.names);
    // Of the map itself, where nothing is known of its input.
    const sides = sidesOf(run, content.input, store) ?? content.shape.slice(-2);
    if (sides.length > 0) return axesOf(sides, evidence.layout, []);
  }
  return undefined;
}

function axesOf(sides: readonly number[], layout: Layout, names: readonly string[]): BoxAxes {
  const isTable = layout === "features";
  const units = sides.length === 2 ? ["row", "column"] : [unitOf(layout)];
  return { sides, units, names: isTable ? names : [], isTable };
}

function sidesOf({ id, run }: ShownRun, name: string, store: Store): readonly number[] | undefined {
  const input = name ? run.inputs.find((one) => one.name === name) : run.inputs[0];
  if (input && input.shape.length >= 2) {
    return input.layout === "volume" ? input.shape.slice(1, 3) : input.shape.slice(0, 2);
  }
  const picture = input && store.picture(id, input.name, 0);
  return picture && [picture.height, picture.width];
}
