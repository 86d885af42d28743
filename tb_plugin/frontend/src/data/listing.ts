/** The answer of `runs`, checked field by field: names in it come from a log that may be hostile. */

import { KINDS, LAYOUTS, type Layout, type RecordKind, ROLES, type Role } from "../tables.ts";

export interface Content {
  readonly unit: string;
  /** What the explained number is measured in. */
  readonly scoreUnit: string;
  readonly signed: boolean;
  readonly shape: readonly number[];
  readonly input: string;
  readonly channels: number;
  readonly settings: Readonly<Record<string, string>>;
  readonly layout: Layout | "";
  /** Of drift and fidelity, what the run is to its reference; of maps and predictions a teacher's. */
  readonly role: Role | "";
  /** Position p of a map over words reads the words p * step + each offset; none: not known. */
  readonly wordStep: number;
  readonly wordOffsets: readonly number[];
  /** Why there are none. */
  readonly wordNote: string;
}

export interface Group {
  readonly group: string;
  /** What the log calls it and its layer, where the page calls them after another run's. */
  readonly logged?: { readonly group: string; readonly layer: string };
  readonly kind: RecordKind;
  readonly explainer: string;
  readonly layer: string;
  readonly samples: readonly number[];
  readonly lastStep: number;
  /** Changes whenever the series have grown. */
  readonly stamp: string;
  readonly content: Content;
}

export interface Input {
  readonly name: string;
  readonly version: string;
  readonly layout: Layout | "";
  /** Of one sample; `[d, h, w, c]` of a volume. */
  readonly shape: readonly number[];
}

export interface Run {
  readonly run: string;
  readonly groups: readonly Group[];
  readonly inputs: readonly Input[];
  readonly problems: readonly string[];
}

export interface Listing {
  readonly pluginVersion: string;
  readonly format: string;
  readonly samplesKept: number | undefined;
  readonly runs: readonly Run[];
  /** Of a report, what of the log it holds. */
  readonly held: string;
}

type Json = Readonly<Record<string, unknown>>;

export function readListing(value: unknown): Listing {
  const json = object(value);
  return {
    pluginVersion: text(json.plugin_version),
    format: text(json.format),
    samplesKept: typeof json.samples_kept === "number" ? json.samples_kept : undefined,
    runs: list(json.runs).map((entry) => readRun(object(entry))),
    held: text(json.held),
  };
}

function readRun(json: Json): Run {
  return {
    run: text(json.run),
    groups: list(json.groups).flatMap((entry) => readGroup(object(entry))),
    inputs: list(json.inputs).map((entry) => {
      const input = object(entry);
      return {
        name: text(input.name),
        version: text(input.version),
        layout: layout(input.layout),
        shape: numbers(input.shape),
      };
    }),
    problems: list(json.problems).map(text),
  };
}

function readGroup(json: Json): Group[] {
  const kind = KINDS.find((known) => known === json.kind);
  if (!kind) return [];
  return [
    {
      group: text(json.group),
      kind,
      explainer: text(json.explainer),
      layer: text(json.layer),
      samples: numbers(json.samples),
      lastStep: number(json.last_step),
      stamp: `${number(json.last_step)}@${number(json.last_wall_time)}`,
      content: readContent(object(json.content)),
    },
  ];
}

function readContent(json: Json): Content {
  const settings = Object.entries(object(json.settings)).map(([key, value]) => [key, text(value)]);
  return {
    unit: text(json.unit),
    scoreUnit: text(json.score_unit) || text(json.unit),
    signed: json.signed === true,
    shape: numbers(json.shape),
    input: text(json.input),
    channels: number(json.channels),
    settings: Object.fromEntries(settings),
    layout: layout(json.layout),
    role: ROLES.find((known) => known === json.role) ?? "",
    wordStep: number(json.word_step),
    wordOffsets: numbers(json.word_offsets),
    wordNote: text(json.word_note),
  };
}

function layout(value: unknown): Layout | "" {
  return LAYOUTS.find((known) => known === value) ?? "";
}

export function object(value: unknown): Json {
  return typeof value === "object" && value !== null ? (value as Json) : {};
}

export function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

export function text(value: unknown): string {
  return typeof value === "string" ? value : "";
}

export function number(value: unknown): number {
  return typeof value === "number" ? value : 0;
}

export function numbers(value: unknown): readonly number[] {
  return list(value).filter((n) => typeof n === "number");
}

/** Names as one key. They hold no line break: the server refuses those that do. */
export function key(...parts: string[]): string {
  return parts.join("\n");
}
