/** What compressing each kernel alone costs: one measure of all, how far it is from nothing, in words. */

import type { Plan, Sensitivity } from "../format/sensitive.ts";
import { short } from "./numbers.ts";

/** One number of each kernel with each setting: of predictions, or of maps. */
export interface Measure {
  readonly name: string;
  readonly label: string;
  readonly at: (layer: number, setting: number) => number;
  /** What it is where nothing changes. */
  readonly unchanged: number;
  /** The farthest that a control is from that; NaN without controls. */
  readonly chance: number;
}

const LABELS: Readonly<Record<string, string>> = {
  kl: "KL of predictions (nats)",
  agreement: "Agreement of predictions",
  accuracy: "Accuracy",
  mean_abs_difference: "Mean |difference| of values",
  spearman: "Spearman",
  pearson: "Pearson",
  top10_iou: "top-10% IoU",
  ssim: "SSIM",
};
/** Grow where things are worse; all others shrink. */
const COSTS: readonly string[] = ["kl", "mean_abs_difference"];
/** Ends of an interval that another measure tells. */
const ENDS = /_(low|high)$/;
/** What is left of a kernel's cost below this is rounding. */
const LEAST = 1e-9;

export function measuresOf(record: Sensitivity): Measure[] {
  return [...ofPredictions(record), ...ofMaps(record)];
}

function ofPredictions(record: Sensitivity): Measure[] {
  const { measures, settings, values, base, controls, controlValues } = record;
  const all = measures.map((name, m): Measure => {
    const unchanged = base[m] ?? Number.NaN;
    const away = controls.map((_, c) =>
      Math.abs((controlValues[c * measures.length + m] ?? Number.NaN) - unchanged),
    );
    return {
      name,
      label: LABELS[name] ?? name,
      unchanged,
      at: (l, s) => values[(l * settings.length + s) * measures.length + m] ?? Number.NaN,
      chance: largest(away),
    };
  });
  return all.filter(({ name }) => !ENDS.test(name));
}

function ofMaps(record: Sensitivity): Measure[] {
  const { explainers, mapLayers, similarities, similarity, layers, settings, controls } = record;
  const count = similarities.length;
  const isOnce = (name: string): boolean => explainers.filter((one) => one === name).length < 2;
  return explainers.flatMap((explainer, p) =>
    similarities.map((name, k): Measure => {
      const away = controls.map((_, c) =>
        Math.abs(
          1 - (record.controlSimilarity[(p * controls.length + c) * count + k] ?? Number.NaN),
        ),
      );
      return {
        name: `${explainer} at ${mapLayers[p]}: ${name}`,
        label: `Maps alike: ${LABELS[name] ?? name}, ${explainer}${isOnce(explainer) ? "" : ` at ${mapLayers[p]}`}`,
        unchanged: 1,
        at: (l, s) =>
          similarity[((p * layers.length + l) * settings.length + s) * count + k] ?? Number.NaN,
        chance: largest(away),
      };
    }),
  );
}

function largest(values: readonly number[]): number {
  const known = values.filter(Number.isFinite);
  return known.length > 0 ? Math.max(...known) : Number.NaN;
}

/** How much worse a value is than that of the model as it is: 0 or more; NaN where not measured. */
export function costOf({ name, unchanged }: Measure, value: number): number {
  const worse = COSTS.includes(name) ? value - unchanged : unchanged - value;
  return Number.isNaN(worse) ? worse : Math.max(0, worse);
}

/** Whether a difference is larger than any control's; undefined where that is not known. */
export function isCost(measure: Measure, value: number): boolean | undefined {
  const cost = costOf(measure, value);
  if (Number.isNaN(cost) || Number.isNaN(measure.chance)) return undefined;
  return cost > measure.chance;
}

/** Of all kernels and settings: the largest cost. */
export function worst(record: Sensitivity, measure: Measure): number {
  let most = 0;
  for (let l = 0; l < record.layers.length; l++) {
    for (let s = 0; s < record.settings.length; s++) {
      const cost = costOf(measure, measure.at(l, s));
      if (Number.isFinite(cost)) most = Math.max(most, cost);
    }
  }
  return most;
}

/** Where a cost stands between none and the worst: of KL by powers of ten, five of them. */
export function shareOf(measure: Measure, value: number, most: number): number {
  const cost = costOf(measure, value);
  if (Number.isNaN(cost)) return Number.NaN;
  if (!(most > 0)) return 0;
  if (!COSTS.includes(measure.name)) return Math.min(1, cost / most);
  const powers = Math.log10(Math.max(cost, LEAST) / most);
  return Math.min(1, Math.max(0, 1 + powers / 5));
}

/** `4bit of conv2: KL 0.0012, accuracy 0.91; 12.5% of its bits, simulated`. */
export function cellText(record: Sensitivity, layer: number, setting: number): string {
  const at = layer * record.settings.length + setting;
  const name = `${record.settings[setting]} of ${record.layers[layer]}`;
  const bits = record.bits[at] ?? Number.NaN;
  if (Number.isNaN(bits)) return `${name}: it cannot have this setting`;
  const told = measuresOf(record).map(
    (measure) => `${measure.label} ${numberText(measure.at(layer, setting))}`,
  );
  const share = (100 * bits) / (record.dense[2 * layer] ?? Number.NaN);
  const by = storedBy(record, at);
  const size = `${short(share)}% of its bits, ${by ? `stored by ${by}` : "simulated"}`;
  return `${name}\n${told.join("\n")}\n${size}`;
}

/** `the smallest 50% of its weights are zero`: what a setting makes of a kernel. */
export function settingText(name: string): string {
  const [, bits, isTensor] = /^(\d+)bit(-tensor)?$/.exec(name) ?? [];
  if (bits) return `${bits} bits a weight, ${isTensor ? "one scale" : "a scale per output"}`;
  const [, isFilters, share] = /^(filters-)?(.+%)$/.exec(name) ?? [];
  if (share) return `the smallest ${share} of its ${isFilters ? "filters" : "weights"} are zero`;
  const [n, m] = name.split(":");
  return m ? `of each ${m} neighbours at its input, ${n} weights stay` : name;
}

function storedBy({ stored, runtimes }: Sensitivity, at: number): string {
  return runtimes.filter((_, i) => ((stored[at] ?? 0) >> i) & 1).join(" and ");
}

/** Whether nothing stores a kernel so. */
export function isSimulated(record: Sensitivity, layer: number, setting: number): boolean {
  return record.stored[layer * record.settings.length + setting] === 0;
}

export function numberText(value: number): string {
  return Number.isNaN(value) ? "not measured" : short(value);
}

/** Of a plan, the setting of each kernel at a point. */
export function settingsAt(plan: Plan, point: number): Map<string, string> {
  const settings = new Map<string, string>();
  for (let t = 1; t <= point; t++) {
    settings.set(
      plan.layers[plan.layer[t] as number] as string,
      plan.settings[plan.setting[t] as number] as string,
    );
  }
  return settings;
}

/** A point as the JSON that `Plan.to_json` writes. */
export function planJson(plan: Plan, size: string, point: number): string {
  const settings = settingsAt(plan, point);
  const share = (plan.sizes[point] ?? Number.NaN) / (plan.sizes[0] ?? Number.NaN);
  const sparse = [...settings].flatMap(([layer, setting]) => {
    const found = /^(\d+(?:\.\d+)?)%$/.exec(setting);
    return found ? [[layer, Number(found[1]) / 100] as const] : [];
  });
  const data = {
    ...{ size, simulated: plan.simulated, share, settings: Object.fromEntries(settings) },
    ...(sparse.length > 0 ? { sparsity: Object.fromEntries(sparse) } : {}),
    ...pruningOf(settings, Object.fromEntries(sparse)),
  };
  return JSON.stringify(data, null, 1);
}

/** What `prune` takes of a point in one step, as `Plan.pruning` has it. */
function pruningOf(
  settings: ReadonlyMap<string, string>,
  sparsity: Readonly<Record<string, number>>,
) {
  const filters: Record<string, number> = {};
  const patterns = new Map<string, string[]>();
  for (const [layer, setting] of settings) {
    const share = /^filters-(\d+(?:\.\d+)?)%$/.exec(setting);
    if (share) filters[layer] = Number(share[1]) / 100;
    if (/^\d+:\d+$/.test(setting)) patterns.set(setting, [...(patterns.get(setting) ?? []), layer]);
  }
  const parts = [
    ...(Object.keys(sparsity).length > 0 ? [{ sparsity, structure: "unstructured" }] : []),
    ...(Object.keys(filters).length > 0 ? [{ sparsity: filters, structure: "filters" }] : []),
    ...Array.from(patterns, ([pattern, layers]) => ({
      ...{ structure: "n:m", pattern: pattern.split(":").map(Number), layers },
    })),
  ];
  return parts.length > 0 ? { pruning: parts } : {};
}

const SAVED: Readonly<Record<string, string>> = {
  keras: "bits, as Keras stores them",
  tflite: "bits, as .tflite files store them",
  "multiply-adds": "multiply-adds",
  nonzero: "bits that are not zero (simulated)",
};

/** What a plan saves. */
export function savedText(size: string): string {
  return SAVED[size] ?? size;
}

/** The values of one measure of a plan by point: added up, and measured at once. */
export function curveOf(plan: Plan, measure: string): { added: number[]; joint: number[] } {
  const [m, count] = [plan.measures.indexOf(measure), plan.measures.length];
  const column = (values: Float64Array): number[] =>
    Array.from(plan.sizes, (_, t) => (m < 0 ? Number.NaN : (values[t * count + m] ?? Number.NaN)));
  return { added: column(plan.added), joint: column(plan.joint) };
}

export function measureText(name: string): string {
  return LABELS[name] ?? name;
}
