/** What is told of one kernel in one run at one epoch, in the order of telling. */

import type { Kernel, Kernels } from "../format/compressed.ts";
import { countText, metricOf, metricText } from "./compression.ts";
import { kernelRow, kernelValue } from "./kernels.ts";

export interface Fact {
  readonly name: string;
  readonly label: string;
  /** Empty where there is nothing to tell. */
  readonly tell: (kernels: Kernels | undefined, kernel: Kernel | undefined) => string;
}

const WORDS = ["type", "wrapper", "mode", "dtype", "shape", "note"] as const;
const NUMBERS = [
  ...["weights", "sparsity", "mask_sparsity", "leak", "quantized_to_zero", "filter_sparsity"],
  ...["nm_compliance", "bits_stored", "effective_bits", "sqnr", "size_stored", "size_dense"],
  ...["size_bitmask", "size_csr", "nonfinite", "activation_sparsity"],
] as const;
const LISTED = 8;

/** The facts of the kernel called `kernel`. */
export function factsOfKernel(kernel: string): Fact[] {
  const words = WORDS.map((name) => ({
    name,
    label: name,
    tell: (kernels: Kernels | undefined) => kernelRow(kernels, kernel)?.[name] ?? "",
  }));
  // Said only where the page calls the kernel otherwise.
  const logged = {
    name: "logged",
    label: "logged as",
    tell: (kernels: Kernels | undefined) => {
      const name = kernelRow(kernels, kernel)?.name ?? "";
      return name === kernel ? "" : name;
    },
  };
  const numbers = NUMBERS.map((name) => {
    const { label, unit } = metricOf(name);
    const tell = (kernels: Kernels | undefined): string => {
      const value = kernelValue(kernels, kernel, name);
      return Number.isNaN(value) ? "" : metricText(unit, value);
    };
    return { name, label, tell };
  });
  const channels = (["pruned", "dead"] as const).map((name) => ({
    name,
    label: `${name} outputs`,
    tell: (_: Kernels | undefined, record: Kernel | undefined) =>
      record ? listed(record[name]) : "",
  }));
  return [...words, ...numbers, ...channels, logged];
}

/** `2 of 12: 3, 4`; empty where it is not known. */
export function listed(marks: Uint8Array): string {
  const marked = [...marks.keys()].filter((i) => marks[i]);
  if (marks.length === 0) return "";
  const names = marked.slice(0, LISTED).join(", ") + (marked.length > LISTED ? ", …" : "");
  const share = `${countText(marked.length)} of ${countText(marks.length)}`;
  return marked.length > 0 ? `${share}: ${names}` : share;
}
