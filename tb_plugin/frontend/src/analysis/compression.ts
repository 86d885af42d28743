/** The numbers of a kernel: what each is called, in which unit, and what it means. */

import { short } from "./numbers.ts";

export type Unit = "share" | "bytes" | "bits" | "dB" | "count" | "number";

export interface Metric {
  readonly name: string;
  readonly label: string;
  readonly group: string;
  readonly unit: Unit;
  readonly meaning: string;
}

/** Twin of `LayerNumbers.scalars` and `Totals.scalars` in `tfexplain/compression`. */
const KNOWN: Readonly<Record<string, readonly (readonly [string, string, Unit, string])[]>> = {
  Sparsity: [
    ["sparsity", "sparsity", "share", "weights that are zero when the layer computes"],
    ["mask_sparsity", "mask sparsity", "share", "weights that the pruning mask switches off"],
    ["leak", "mask leak", "share", "masked weights that the optimizer has filled again"],
    ["raw_sparsity", "raw sparsity", "share", "stored weights that are zero before the mask"],
    ["filter_sparsity", "filter sparsity", "share", "outputs whose weights are all zero"],
    ["channel_sparsity", "channel sparsity", "share", "inputs whose weights are all zero"],
    ["row_sparsity", "row sparsity", "share", "inputs at one position whose weights are all zero"],
    ["block_sparsity", "block sparsity", "share", "blocks whose weights are all zero"],
    ["nm_compliance", "n:m compliance", "share", "input groups with no more nonzeros than allowed"],
    ["churn", "mask churn", "share", "weights whose mask changed since the last measurement"],
    ["nonzeros", "nonzero weights", "count", "effective parameters"],
    ["weights", "weights", "count", "parameters of the kernel"],
    ["nonfinite", "NaN or infinite", "count", "weights that are no finite number"],
  ],
  Size: [
    ["size_stored", "size now", "bytes", "as it stands in memory, masks included"],
    ["size_dense", "dense size", "bytes", "an export that keeps zeros, scales included"],
    ["size_bitmask", "bitmask size", "bytes", "an export with one bit per weight for zeros"],
    ["size_csr", "CSR size", "bytes", "an export with an index for each nonzero weight"],
    ["size_gzip", "gzip size", "bytes", "the dense export after zlib"],
  ],
  Quantization: [
    ["bits_stored", "stored bits", "bits", "per weight as stored"],
    ["bits_compute", "compute bits", "bits", "per weight in the multiplication"],
    ["effective_bits", "effective bits", "bits", "per weight, scales and zero points included"],
    ["sqnr", "SQNR", "dB", "signal to quantization noise; higher is closer to the float weights"],
    ["mse", "squared error", "number", "mean squared difference from the float weights"],
    ["quantized_to_zero", "made zero", "share", "weights that quantization turned into zero"],
    ["clipping", "clipped", "share", "float weights outside the range of the codes"],
    ["code_use", "code use", "share", "codes that occur, of all there are"],
    ["code_entropy", "code entropy", "bits", "information per code, at best its bits"],
    ["scale_spread", "scale spread", "number", "largest scale over smallest"],
    ["scales_bad", "bad scales", "count", "scales that are zero, negative or not finite"],
  ],
  "Multiply-adds": [
    ["macs", "multiply-adds", "count", "per sample with no zero left out"],
    ["effective_macs", "nonzero multiply-adds", "count", "theoretical: with every zero left out"],
    [
      "structured_macs",
      "structured multiply-adds",
      "count",
      "outside of zero filters and channels",
    ],
  ],
  Distribution: [
    ["mean", "mean", "number", "of the weights, zeros included"],
    ["std", "standard deviation", "number", "of the weights, zeros included"],
    ["low", "least weight", "number", "the least finite weight"],
    ["high", "greatest weight", "number", "the greatest finite weight"],
  ],
  Activity: [
    ["activation_sparsity", "zero activations", "share", "of all on the validation batch"],
    ["dead_share", "dead units", "share", "units never above zero on the validation batch"],
  ],
};

/** The words for kernels that no reader knows; in totals only. */
const UNREAD: Metric = {
  name: "unread",
  label: "unread kernels",
  group: "Other",
  unit: "count",
  meaning: "kernels of unknown modes, left out of the other totals",
};

const METRICS: ReadonlyMap<string, Metric> = new Map(
  [
    ...Object.entries(KNOWN).flatMap(([group, metrics]) =>
      metrics.map(
        ([name, label, unit, meaning]): Metric => ({ name, label, group, unit, meaning }),
      ),
    ),
    UNREAD,
  ].map((metric) => [metric.name, metric]),
);

/** What is known of a metric; one of a newer writer keeps its name and is a plain number. */
export function metricOf(name: string): Metric {
  return METRICS.get(name) ?? { name, label: name, group: "Other", unit: "number", meaning: "" };
}

/** Metrics by group, groups and metrics in the order of the table above, unknown ones last. */
export function grouped(names: readonly string[]): [string, Metric[]][] {
  const order = [...METRICS.keys()];
  const rank = (name: string): number => (METRICS.has(name) ? order.indexOf(name) : order.length);
  const groups = new Map<string, Metric[]>();
  for (const name of [...names].sort((a, b) => rank(a) - rank(b))) {
    const metric = metricOf(name);
    groups.set(metric.group, [...(groups.get(metric.group) ?? []), metric]);
  }
  return [...groups];
}

/** A number in its unit; a dash where it is not known. */
export function metricText(unit: Unit, value: number): string {
  if (Number.isNaN(value)) return "–";
  if (!Number.isFinite(value)) return `${value > 0 ? "" : "−"}∞${unit === "dB" ? " dB" : ""}`;
  switch (unit) {
    case "share":
      return shareText(value);
    case "bytes":
      return bytesText(value);
    case "bits":
      return `${trimmed(value)} bit`;
    case "dB":
      return `${value.toFixed(1).replace("-", "−")} dB`;
    case "count":
      return countText(value);
    default:
      return short(value);
  }
}

/** A number on an axis: no more digits than its tick needs. */
export function tickText(unit: Unit, value: number): string {
  if (unit === "share") return `${Number((100 * value).toFixed(3))}%`;
  return metricText(unit, value)
    .replace(/(\.\d*?)0+(?=\D|$)/, "$1")
    .replace(/\.(?=\D|$)/, "");
}

/** What only words can say of a number. */
export function spoken(unit: Unit, value: number): string {
  if (Number.isNaN(value)) return "not known";
  if (value === Number.POSITIVE_INFINITY) return unit === "dB" ? "infinite (no error)" : "infinite";
  return metricText(unit, value);
}

/** Never 0% of something or 100% of less than all. */
export function shareText(value: number): string {
  const percent = 100 * value;
  if (percent > 0 && percent < 0.05) return percent < 0.001 ? "<0.001%" : `${short(percent, 1)}%`;
  if (percent >= 99.95 && percent < 100) {
    return percent > 99.999 ? ">99.999%" : `${percent.toFixed(3)}%`;
  }
  return percent === 100 || percent === 0 ? `${percent}%` : `${percent.toFixed(1)}%`;
}

function bytesText(value: number): string {
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  const power = value < 1024 ? 0 : Math.min(Math.floor(Math.log2(value) / 10), units.length - 1);
  const size = value / 1024 ** power;
  return `${power === 0 ? countText(size) : short(size)} ${units[power]}`;
}

export function countText(value: number): string {
  return Number.isInteger(value) ? value.toLocaleString("en-US") : trimmed(value);
}

/** At most three decimals, none that say nothing. */
function trimmed(value: number): string {
  return String(Number(value.toFixed(3)));
}

export interface Scale {
  readonly low: number;
  readonly high: number;
}

/** What the ends of the colours stand for: 0 to 100% for shares, what there is for all others. */
export function rangeOf(unit: Unit, values: Iterable<number>): Scale {
  if (unit === "share") return { low: 0, high: 1 };
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const value of values) {
    if (!Number.isFinite(value)) continue;
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  return low <= high ? { low, high } : { low: 0, high: 0 };
}

/** Where a value lies on a scale, from 0 to 1; NaN where it is not known. */
export function fractionOn({ low, high }: Scale, value: number): number {
  if (Number.isNaN(value)) return Number.NaN;
  if (high === low) return Number.isFinite(value) ? 0.5 : value > 0 ? 1 : 0;
  return Math.min(Math.max((value - low) / (high - low), 0), 1);
}
