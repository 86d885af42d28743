/** What the graph of layers tells of one layer in one run. */

import type { Structure } from "../format/structured.ts";
import { countText } from "./compression.ts";
import type { Fact } from "./kernel-facts.ts";
import { callsOf, sourcesOf } from "./layer-graph.ts";

/** The facts of the layer that the page calls `layer`. */
export function factsOfCall(layer: string): Fact[] {
  const fact = (
    name: string,
    label: string,
    text: (structure: Structure, number: number) => string,
  ): Fact => ({
    ...{ name, label, section: "", of: "structure" },
    tell: ({ structure }) => {
      const [number] = structure ? callsOf(structure, layer) : [];
      return structure && number !== undefined ? text(structure, number) : "";
    },
  });
  const word = (name: "type" | "activation" | "state", label: string): Fact =>
    fact(name, label, ({ rows }, i) => rows[i]?.[name] ?? "");
  return [
    word("type", "type"),
    word("activation", "activation function"),
    word("state", "state"),
    fact("output", "output", ({ rows }, i) =>
      [rows[i]?.shape, rows[i]?.dtype].filter(Boolean).join(", "),
    ),
    fact("parameters", "parameters", ({ numbers }, i) => sizeText(numbers[2 * i])),
    fact("call_macs", "multiply-adds", ({ numbers }, i) => sizeText(numbers[2 * i + 1])),
    fact("calls", "calls", (structure) => {
      const { length } = callsOf(structure, layer);
      return length > 1 ? countText(length) : "";
    }),
    fact("reads", "reads", (structure, i) =>
      sourcesOf(structure, i)
        .map((source) => structure.rows[source]?.name ?? "")
        .join(", "),
    ),
  ];
}

/** Nothing where there are none, or they cannot be counted. */
function sizeText(size = 0): string {
  return size > 0 ? countText(size) : "";
}
