/** What the samples of the wall are sorted by, and how it is told. */

import { shareAtBorder } from "../../analysis/boxes.ts";
import { correlation } from "../../analysis/compare.ts";
import { driftChoice, movedAt } from "../../analysis/drift.ts";
import { whole } from "../../analysis/exchange-facts.ts";
import { labelsOf } from "../../analysis/filters.ts";
import { isRow } from "../../analysis/layouts.ts";
import { coefficient, short } from "../../analysis/numbers.ts";
import { leastSure, lossOf, type OrderName, orderBy } from "../../analysis/wall-order.ts";
import type { AttributionMap } from "../../format/maps.ts";
import type { Dashboard } from "../../state/dashboard.ts";
import type { ShownRun } from "../../state/runs.ts";
import { Later } from "../frame/later.ts";
import { mapAt } from "../maps/map-figure.ts";

const trust = new Later("The trust in maps", () => import("./wall-trust.ts"));

interface Order {
  readonly text: string;
  readonly title: string;
  readonly isThere: (dashboard: Dashboard) => boolean;
  readonly measure: (dashboard: Dashboard) => (sample: number) => number;
  /** Whether the smallest comes first. */
  readonly isRising?: boolean;
  readonly tell: (value: number, dashboard: Dashboard, sample: number) => string;
}

const ENTRIES: Readonly<Record<OrderName, Order>> = {
  disagreement: {
    text: "disagreement between runs",
    title: "1 minus Pearson’s correlation of the runs’ maps, the largest of any two runs",
    isThere: ({ scene }) => scene.shown.length > 1,
    measure: disagreement,
    tell: coefficient,
  },
  loss: {
    text: "loss",
    title: "The loss at this epoch, the largest of any run",
    isThere: ({ scene }) => scene.shown.some(({ samples }) => samples && hasLabels(samples.labels)),
    measure: loss,
    tell: (value) => short(value, 2),
  },
  drift: {
    text: "drift",
    title: "How far maps moved from the reference’s: the least alike first",
    isThere: ({ scene }) => scene.has.drift,
    measure: drift,
    isRising: true,
    tell: coefficient,
  },
  confidence: {
    text: "confidence",
    title: "The least sure prediction of any run first",
    isThere: ({ scene }) => scene.shown.some(({ samples }) => samples?.labelKind !== "value"),
    measure: (dashboard) => {
      const all = dashboard.scene.shown.flatMap(({ id }) => dashboard.predictions(id).record ?? []);
      return (sample) => leastSure(all, sample);
    },
    isRising: true,
    tell: whole,
  },
  border: {
    text: "evidence at the border",
    title:
      "The share of the map within an eighth of the sides from a border, the largest of any run",
    isThere: ({ scene }) => scene.evidence !== undefined && !isRow(scene.evidence.layout),
    measure: (dashboard) => (sample) =>
      most(mapsOf(dashboard, sample).map((map) => shareAtBorder(map))),
    tell: whole,
  },
  start: trustOrder(
    "start",
    "likeness to the start",
    "Maps that stayed most like those of the weights training began with first, beside chance: such a map shows the input, not what was learnt",
  ),
  faithful: trustOrder(
    "faithful",
    "faithfulness",
    "Maps that are furthest behind chance first, by Deletion or what else was measured of them",
  ),
  class: {
    text: "class",
    title: "By the class of the label",
    isThere: ({ scene }) => scene.shown.some(({ samples }) => samples?.labelKind === "class"),
    measure: ({ scene }) => {
      const samples = scene.shown.find((run) => run.samples?.labelKind === "class")?.samples;
      return (sample) => labelsOf(samples, sample)[0] ?? Number.NaN;
    },
    isRising: true,
    tell: () => "",
  },
};

/** Worst first, by a number of trust; its script comes once it is chosen. */
function trustOrder(choice: "start" | "faithful", text: string, title: string): Order {
  const script = (dashboard: Dashboard) =>
    trust.get({ requestUpdate: () => dashboard.dispatchEvent(new Event("change")) });
  return {
    ...{ text, title },
    isThere: ({ scene: { shown, evidence } }) =>
      shown.some(
        ({ run, samples }) =>
          run.groups.some(({ group }) => group === evidence?.group.replace("map", "trust")) &&
          (choice === "start" || samples?.settings.quality),
      ),
    measure: (dashboard) => {
      const loaded = script(dashboard);
      return (sample) => loaded?.trustShortfall(dashboard, choice, sample) ?? Number.NaN;
    },
    tell: (_, dashboard, sample) => script(dashboard)?.trustTold(dashboard, choice, sample) ?? "",
  };
}

function hasLabels(labels: Float64Array): boolean {
  return labels.some((label) => !Number.isNaN(label));
}

/** What there is to sort by. */
export function ordersOf(dashboard: Dashboard): OrderName[] {
  return (Object.keys(ENTRIES) as OrderName[]).filter((name) => ENTRIES[name].isThere(dashboard));
}

/** The chosen order; else what two runs disagree on most, or what one is worst at. */
export function orderOf(dashboard: Dashboard): OrderName {
  const there = ordersOf(dashboard);
  const { wall } = dashboard.view;
  return wall && there.includes(wall) ? wall : (there[0] ?? "class");
}

export function textOf(name: OrderName): string {
  return ENTRIES[name].text;
}

export function titleOf(name: OrderName): string {
  return ENTRIES[name].title;
}

export function sorted(dashboard: Dashboard, samples: readonly number[]): readonly number[] {
  const { measure, isRising } = ENTRIES[orderOf(dashboard)];
  return orderBy(samples, measure(dashboard), isRising);
}

/** Tells by what samples are sorted, at the playhead; empty where that is not known. */
export function tellerOf(dashboard: Dashboard): (sample: number) => string {
  const { measure, tell } = ENTRIES[orderOf(dashboard)];
  const value = measure(dashboard);
  return (sample) => (Number.isNaN(value(sample)) ? "" : tell(value(sample), dashboard, sample));
}

/** A run's map in the wall at the playhead. */
export function mapOf({ scene, store, step }: Dashboard, run: ShownRun, sample: number) {
  const group = scene.evidence?.group ?? "";
  return mapAt(store.get(run.id, group, sample), step);
}

function mapsOf(dashboard: Dashboard, sample: number): AttributionMap[] {
  return dashboard.scene.shown.flatMap((run) => mapOf(dashboard, run, sample).record ?? []);
}

function disagreement(dashboard: Dashboard): (sample: number) => number {
  return (sample) => {
    const maps = mapsOf(dashboard, sample);
    const pairs = maps.flatMap((a, i) => maps.slice(i + 1).map((b) => [a, b] as const));
    const alike = pairs.filter(([a, b]) => a.halves.length === b.halves.length);
    return most(alike.map(([a, b]) => 1 - correlation(a, b)));
  };
}

function loss(dashboard: Dashboard): (sample: number) => number {
  const runs = dashboard.scene.shown.map(({ id, samples }) => ({
    samples,
    predictions: dashboard.predictions(id).record,
  }));
  return (sample) => most(runs.map((run) => lossOf(run.samples, run.predictions, sample)));
}

function drift(dashboard: Dashboard): (sample: number) => number {
  const { scene, store, view, step } = dashboard;
  const choice = driftChoice(scene.shown, store, view);
  if (!choice) return () => Number.NaN;
  const moved = movedAt(scene.shown, store, choice.explained, choice.measure, step);
  const values = new Map<number, number>();
  for (const { sample, value } of moved.flatMap(({ scores }) => scores)) {
    if (Number.isFinite(value)) values.set(sample, Math.min(value, values.get(sample) ?? value));
  }
  return (sample) => values.get(sample) ?? Number.NaN;
}

/** The largest of what is known. */
function most(values: readonly number[]): number {
  const known = values.filter(Number.isFinite);
  return known.length > 0 ? Math.max(...known) : Number.NaN;
}
