/** What is told of one kernel or layer in one run at one epoch, in the order of telling. */

import type { Kernel, Kernels } from "../format/compressed.ts";
import type { Health, Units } from "../format/healthy.ts";
import type { Structure } from "../format/structured.ts";
import { countText, metricOf, metricText } from "./compression.ts";
import { kernelRow, tableValue } from "./kernels.ts";

/** The records that facts are told from. */
export interface Told {
  readonly kernels?: Kernels | undefined;
  readonly kernel?: Kernel | undefined;
  readonly health?: Health | undefined;
  readonly units?: Units | undefined;
  readonly structure?: Structure | undefined;
}

export interface Fact {
  readonly name: string;
  readonly label: string;
  /** The head that it stands under; empty for what is of the layer itself. */
  readonly section: string;
  /** The record that it is told from. */
  readonly of: keyof Told;
  /** Whether it is too long for a column, and has a row for each run instead. */
  readonly isWide?: boolean;
  /** Empty where there is nothing to tell. */
  readonly tell: (told: Told) => string;
}

const WORDS = ["type", "wrapper", "mode", "dtype", "shape", "note"] as const;
const NUMBERS = [
  ...["weights", "sparsity", "mask_sparsity", "leak", "quantized_to_zero", "filter_sparsity"],
  ...[
    "nm_compliance",
    "bits_stored",
    "effective_bits",
    "sqnr",
    "activation_sqnr",
    "activation_clipping",
    "size_stored",
    "size_dense",
  ],
  ...["size_bitmask", "size_csr", "nonfinite", "activation_sparsity"],
] as const;
const LISTED = 8;

/** The facts of the kernel called `kernel`. */
export function factsOfKernel(kernel: string): Fact[] {
  const head = { section: "Weights", of: "kernels" } as const;
  const words = WORDS.map(
    (name): Fact => ({
      ...{ name, label: name, ...head },
      tell: ({ kernels }) => kernelRow(kernels, kernel)?.[name] ?? "",
    }),
  );
  // Said only where the page calls the kernel otherwise.
  const logged: Fact = {
    ...{ name: "logged", label: "logged as", ...head },
    tell: ({ kernels }) => {
      const name = kernelRow(kernels, kernel)?.name ?? "";
      return name === kernel ? "" : name;
    },
  };
  const numbers = NUMBERS.map((name): Fact => {
    const { label, unit } = metricOf(name);
    const tell: Fact["tell"] = ({ kernels }) => {
      const value = tableValue(kernels, kernel, name);
      return Number.isNaN(value) ? "" : metricText(unit, value);
    };
    return { name, label, ...head, tell };
  });
  const channels = (["pruned", "dead"] as const).map(
    (name): Fact => ({
      ...{ name, label: `${name} outputs`, section: "Weights", of: "kernel" },
      tell: (told) => (told.kernel ? listed(told.kernel[name]) : ""),
    }),
  );
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
