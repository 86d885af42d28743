/** What is told of the health of one layer in one run at one epoch, in the order of telling. */

import type { Units } from "../format/healthy.ts";
import { countText, metricOf, metricText } from "./compression.ts";
import { epochText } from "./epochs.ts";
import type { Fact } from "./kernel-facts.ts";
import { layerRow, tableValue, weightsOf } from "./kernels.ts";

const LEARNING = ["gradient_norm", "update_ratio", "weight_norm", "gradient_zeros"] as const;
/** Of each weight, where a layer has several. */
const OF_WEIGHTS = ["gradient_norm", "update_ratio"] as const;
const ACTIVE = ["activation_mean", "activation_std", "activation_sparsity", "saturated"] as const;
/** Said only where there are some. */
const ODD = [
  "gradient_underflow",
  "update_underflow",
  "gradient_nonfinite",
  "activation_nonfinite",
] as const;
const LISTED = 6;

/** The facts of the layer called `layer`; `weights` are the names of its trained weights. */
export function factsOfHealth(layer: string, weights: readonly string[]): Fact[] {
  const word = (name: "type" | "activation" | "state", label: string): Fact => ({
    ...{ name, label, section: "" as const, of: "health" as const },
    tell: ({ health }) => layerRow(health, layer)?.[name] ?? "",
  });
  const number = (name: string, section: Fact["section"]): Fact => ({
    ...{ name, label: metricOf(name).label, section, of: "health" as const },
    tell: ({ health }) => textOf(name, tableValue(health, layer, name)),
  });
  const odd = (name: string): Fact => {
    const { label, unit } = metricOf(name);
    const section = name.startsWith("activation") ? "Activations" : "Learning";
    const tell: Fact["tell"] = ({ health }) => {
      const value = tableValue(health, layer, name);
      return value > 0 ? metricText(unit, value) : "";
    };
    return { name, label, section, of: "health", tell };
  };
  const ofWeight = (weight: string, name: string): Fact => ({
    ...{ name: `${weight}/${name}`, label: metricOf(name).label, of: "health" },
    section: `Learning: ${weight}`,
    tell: ({ health }) => textOf(name, weightsOf(health, layer).get(weight)?.get(name)),
  });
  const several = weights.length > 1 ? weights : [];
  return [
    word("type", "type"),
    word("activation", "activation function"),
    word("state", "state"),
    ...LEARNING.map((name) => number(name, "Learning")),
    ...several.flatMap((weight) => OF_WEIGHTS.map((name) => ofWeight(weight, name))),
    ...ACTIVE.map((name) => number(name, "Activations")),
    number("dead_share", "Activations"),
    {
      ...{ name: "dead_units", label: "dead units", section: "Activations", of: "units" },
      isWide: true,
      tell: ({ units }) => (units ? deadText(units) : ""),
    },
    ...ODD.map(odd),
  ];
}

/** `3 of 32 dead: 4, 9 since epoch 0; 15 since epoch 3`; empty where none is. */
export function deadText({ deadSince }: Units): string {
  const since = new Map<number, number[]>();
  for (const [unit, step] of deadSince.entries()) {
    if (!Number.isNaN(step)) since.set(step, [...(since.get(step) ?? []), unit]);
  }
  const dead = [...since.values()].flat().length;
  if (dead === 0) return "";
  const parts = [...since]
    .sort(([a], [b]) => a - b)
    .map(([step, units]) => {
      const names = units.slice(0, LISTED).join(", ") + (units.length > LISTED ? ", …" : "");
      return `${names} since epoch ${epochText(step)}`;
    });
  const more = parts.length > LISTED ? "; …" : "";
  const share = `${countText(dead)} of ${countText(deadSince.length)} dead`;
  return `${share}: ${parts.slice(0, LISTED).join("; ")}${more}`;
}

function textOf(name: string, value = Number.NaN): string {
  return Number.isNaN(value) ? "" : metricText(metricOf(name).unit, value);
}
