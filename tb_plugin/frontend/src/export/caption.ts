/** What a figure is of, in words: whoever has only the file is told all that the page says around it. */
import { epochText } from "../analysis/epochs.ts";

/** One method at one layer. */
export interface Method {
  readonly explainer: string;
  readonly layer: string;
  /** As they were logged; those that were left to the method say nothing. */
  readonly settings: Readonly<Record<string, string>>;
}

export interface Sample {
  readonly number: number;
  readonly label: string;
  /** What its maps explain; empty where there are none. */
  readonly target: string;
}

export interface Facts {
  readonly epoch: number;
  /** When what is shown of each run was made, and with which weights; empty where no epoch was. */
  readonly runs: readonly { readonly name: string; readonly when: string }[];
  readonly methods: readonly Method[];
  readonly samples: readonly Sample[];
  readonly hasMaps: boolean;
  /** Whether they lie over pictures. */
  readonly hasPictures: boolean;
  /** What else is shown, a sentence each. */
  readonly more: readonly string[];
  readonly version: string;
}

/** Of samples, runs and targets that are named. */
const MOST = 8;

/** A paragraph each, the first of which names runs and epoch. */
export function captionOf(facts: Facts): string[] {
  const { methods, samples, more, version } = facts;
  return [
    headOf(facts),
    methods.map(methodText).join(" "),
    samplesText(samples),
    ...more,
    facts.hasMaps
      ? `${COLOURS}${facts.hasPictures ? "; the input lies below them, in grey" : ""}.`
      : "",
    `Made with tfexplain ${version}.`,
  ].filter(Boolean);
}

const COLOURS = "Maps are clear at zero and opaque from a quarter of their scale on";

function headOf({ epoch, runs }: Facts): string {
  const [first] = runs;
  if (!first) return `Epoch ${epochText(epoch)}`;
  const isOne = runs.every(({ when }) => when === first.when);
  const names = listed(runs.map(({ name }) => name));
  if (isOne) return `${plural("Run", runs.length)} ${names}${first.when && `: ${first.when}`}`;
  return runs.map(({ name, when }) => `Run ${name}: ${when}`).join("; ");
}

function methodText({ explainer, layer, settings }: Method): string {
  const told = Object.entries(settings)
    .filter(([name, value]) => value !== "default" && name !== "layer")
    .map(([name, value]) => `${name} ${value}`);
  return `${explainer} of ${layer}${told.length > 0 ? ` (${told.join(", ")})` : ""}.`;
}

/** Those that are explained for the same together. */
function samplesText(samples: readonly Sample[]): string {
  const groups = new Map<string, number[]>();
  for (const { number, label, target } of samples) {
    const of = label === target ? "the label" : `label ${label}`;
    const key = [target, label ? `(${of})` : ""].filter(Boolean).join(" ");
    groups.set(key, [...(groups.get(key) ?? []), number]);
  }
  if (samples.every(({ target }) => !target)) return "";
  const told = [...groups].map(
    ([of, numbers]) =>
      `${of} in ${plural("sample", numbers.length)} ${listed(numbers.map(String))}`,
  );
  const more = told.length - MOST;
  const rest = more > 0 ? `; ${more} more not named` : "";
  return `Explained target: ${told.slice(0, MOST).join("; ")}${rest}.`;
}

function plural(word: string, count: number): string {
  return count === 1 ? word : `${word}s`;
}

function listed(names: readonly string[]): string {
  const more = names.length - MOST;
  const shown = more > 0 ? [...names.slice(0, MOST), `${more} more`] : names;
  if (shown.length < 2) return shown.join("");
  return `${shown.slice(0, -1).join(", ")} and ${shown.at(-1)}`;
}
