/** The activation functions of a model, as they were sampled. */

import type { Line } from "../draw/line-figure.ts";
import type { Structure } from "../format/structured.ts";
import { callsOf } from "./layer-graph.ts";
import { plural } from "./numbers.ts";

/** The function of the layer that the page calls `layer`; undefined where none was sampled. */
export function activationOf(structure: Structure | undefined, layer: string): Line | undefined {
  const [call] = structure ? callsOf(structure, layer) : [];
  const number = structure?.curves.numbers[call ?? -1] ?? -1;
  return structure && lineOf(structure, number, structure.rows[call ?? -1]?.activation ?? "");
}

export interface ActivationUse {
  readonly name: string;
  /** How many calls have it. */
  readonly text: string;
  readonly line: Line | undefined;
}

/** Each function of a model, by name and curve, the most frequent first. */
export function activationsIn(structure: Structure): readonly ActivationUse[] {
  const counts = new Map<string, { name: string; number: number; count: number }>();
  for (const [i, { activation, kind }] of structure.rows.entries()) {
    if (activation === "" || kind !== "call") continue;
    const number = structure.curves.numbers[i] ?? -1;
    const key = `${number} ${activation}`;
    const known = counts.get(key) ?? { name: activation, number, count: 0 };
    counts.set(key, { ...known, count: known.count + 1 });
  }
  return [...counts.values()]
    .sort((a, b) => b.count - a.count)
    .map(({ name, number, count }) => ({
      name,
      text: plural(count, "layer call"),
      line: lineOf(structure, number, name),
    }));
}

function lineOf({ curves }: Structure, number: number, name: string): Line | undefined {
  const values = curves.values[number];
  if (!values) return undefined;
  const by = (curves.high - curves.low) / (values.length - 1);
  const points = Array.from(values, (y, i) => [curves.low + i * by, y] as const);
  return { points, label: `${name} from ${curves.low} to ${curves.high}` };
}
