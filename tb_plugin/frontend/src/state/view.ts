/** The viewer's choices: everything a link has to carry, and nothing else. */

import { type Box, boxName, readBox } from "../analysis/boxes.ts";
import {
  SEQUENTIAL_NAMES,
  type SequentialName,
  SIGNED_NAMES,
  type SignedName,
} from "../analysis/colours.ts";
import type { FilterName } from "../analysis/filters.ts";
import { CLASS_CHOICES, type ClassChoice } from "../analysis/two-classes.ts";
import { ORDERS, type OrderName } from "../analysis/wall-order.ts";
import { type Field, names, oneOf, percents, step, text, whole } from "./fields.ts";
import { joinNames, splitNames } from "./hash.ts";
import type { Zoom } from "./zoom.ts";

/** One map or one set of channels, opened large. */
export interface Opened {
  readonly run: string;
  readonly group: string;
  readonly sample: number;
}

/** The order of the table of kernels: by the numbers or words of one column. */
export interface Sort {
  readonly column: string;
  readonly descending: boolean;
}

export const VIEWS = ["overview", "samples", "model", "data"] as const;
export type ViewName = (typeof VIEWS)[number];

export const PANELS = [
  ...([
    "layers",
    "graph",
    "stages",
    "kernel",
    "table",
    "activations",
    "cost",
    "payers",
    "focus",
    "closed",
  ] as const),
] as const;
export type PanelName = (typeof PANELS)[number];

/** What the view of the validation rows shows. */
export const DATA_TABS = [
  ...(["classes", "values", "curves", "calibration", "rows", "groups"] as const),
  ...(["importance", "clusters", "simple", "robustness"] as const),
] as const;
export type DataTab = (typeof DATA_TABS)[number];

/** What stands in the cells of a confusion matrix. */
export const CELLS = ["counts", "label", "predicted", "difference"] as const;
export type CellsName = (typeof CELLS)[number];

/** A cell of a run's confusion matrix. */
export interface Cell {
  readonly run: string;
  readonly label: number;
  readonly predicted: number;
}

/** Over what one scale is: a sample in all shown runs and epochs, all samples, or a single map. */
export const SCALES = ["sample", "all", "map"] as const;
export type ScaleName = (typeof SCALES)[number];

/** Whether coarse maps are smooth over pictures alone, nowhere, or wherever they are. */
export const PIXELS = ["auto", "nearest", "smooth"] as const;
export type PixelsName = (typeof PIXELS)[number];

export interface View {
  /** What fills the page: an overview, the maps of samples, or what is known of the weights. */
  readonly view: ViewName;
  /** The view at its side; undefined: none. */
  readonly beside: ViewName | undefined;
  /** How wide the first of two views is, in percent. */
  readonly share: number | undefined;
  /** How high what stands below the views is, in percent of the page; undefined: as it needs. */
  readonly bottom: number | undefined;
  /** How wide the timeline is beside the panel of the weights, in percent. */
  readonly across: number | undefined;
  /** undefined: not chosen, the first few. */
  readonly runs: readonly string[] | undefined;
  readonly groups: readonly string[] | undefined;
  readonly samples: readonly number[] | undefined;
  readonly filter: FilterName;
  readonly classIndex: number | undefined;
  readonly sequential: SequentialName;
  readonly diverging: SignedName;
  readonly scale: ScaleName;
  /** Of samples with maps of two classes: whose maps are shown, or what differs between them. */
  readonly classes: ClassChoice;
  readonly pixels: PixelsName;
  /** Of a map in the grid, in pixels; 0: as large as there is room for. */
  readonly size: number;
  /** Of the deepest volume; undefined: the middle one. */
  readonly slice: number | undefined;
  /** Which of the logged attention heads, counted from 0. */
  readonly head: number;
  /** The channel of lines that is drawn; undefined: all. */
  readonly curve: number | undefined;
  /** Features by their largest magnitude, or as the model takes them. */
  readonly order: "size" | "given";
  /** The two runs to subtract; undefined: the first two shown; empty: none. */
  readonly difference: readonly string[] | undefined;
  /** undefined: the last epoch, and it stays the last while the training goes on. */
  readonly step: number | undefined;
  /** The epochs that the timeline spans; undefined: all. */
  readonly zoom: Zoom | undefined;
  /** The names of the timeline's tracks; undefined: not chosen, the first few. */
  readonly tracks: readonly string[] | undefined;
  readonly opened: Opened | undefined;
  /** What the panel below the maps shows; undefined: open where weights were compressed. */
  readonly panel: PanelName | undefined;
  /** The name of the selected kernel or layer; undefined: not chosen. */
  readonly layer: string | undefined;
  /** The number that the strip shows of each kernel or layer; undefined: not chosen. */
  readonly metric: string | undefined;
  /** undefined: the model's order. */
  readonly sort: Sort | undefined;
  /** Where drift is looked at, as `explainer/layer`; empty: not chosen. */
  readonly drift: string;
  /** What is chosen of the costs of compression: a setting, a measure, a run; or nothing. */
  readonly cost: readonly string[] | undefined;
  /** The chosen plan: what it saves, the measure of its curve, the number of a point; or nothing. */
  readonly plan: readonly string[] | undefined;
  /** By which measure maps are compared with the reference's. */
  readonly measure: string;
  /** The group of the maps of the wall and inside of boxes; undefined: not chosen. */
  readonly evidence: string | undefined;
  /** Rectangles on the input whose shares of the maps are drawn over epochs. */
  readonly boxes: readonly Box[];
  /** What stands first in the wall; undefined: what fits the number of runs. */
  readonly wall: OrderName | undefined;
  /** The class whose exchanged windows are shown; undefined: all. */
  readonly given: number | undefined;
  /** What is shown of the validation rows. */
  readonly data: DataTab;
  /** What stands in the cells of confusion matrices. */
  readonly cells: CellsName;
  /** The cell whose rows are listed. */
  readonly cell: Cell | undefined;
  /** The class whose curves are shown; undefined: the first. */
  readonly ranked: number | undefined;
  /** Rows of at least this probability count as positive, in percent. */
  readonly threshold: number;
  /** The chosen validation row, by its number in the data. */
  readonly row: number | undefined;
}

export const DEFAULT_VIEW: View = {
  view: "overview",
  beside: undefined,
  share: undefined,
  bottom: undefined,
  across: undefined,
  runs: undefined,
  groups: undefined,
  samples: undefined,
  filter: "all",
  classIndex: undefined,
  sequential: "inferno",
  diverging: "blueRed",
  scale: "sample",
  classes: "explained",
  pixels: "auto",
  size: 0,
  slice: undefined,
  head: 0,
  curve: undefined,
  order: "size",
  difference: undefined,
  step: undefined,
  zoom: undefined,
  tracks: undefined,
  opened: undefined,
  panel: undefined,
  layer: undefined,
  metric: undefined,
  sort: undefined,
  drift: "",
  cost: undefined,
  plan: undefined,
  measure: "spearman",
  evidence: undefined,
  boxes: [],
  wall: undefined,
  given: undefined,
  data: "classes",
  cells: "counts",
  cell: undefined,
  ranked: undefined,
  threshold: 50,
  row: undefined,
};

/** Each is a track of the timeline. */
export const MOST_BOXES = 4;

export const SIZES = [0, 128, 192, 256, 384] as const;
const FILTERS: readonly FilterName[] = ["all", "wrong", "changed"];

const FIELDS: { readonly [K in keyof View]: Field<View[K]> } = {
  view: oneOf(VIEWS),
  beside: { ...oneOf(VIEWS), write: String },
  share: percents,
  bottom: percents,
  across: percents,
  runs: names,
  groups: names,
  samples: {
    write: (value) => (value ?? []).join("."),
    read: (text) => (text === "" ? [] : text.split(".").map(Number).filter(Number.isSafeInteger)),
  },
  filter: oneOf(FILTERS),
  classIndex: whole,
  sequential: oneOf(SEQUENTIAL_NAMES),
  diverging: oneOf(SIGNED_NAMES),
  scale: oneOf(SCALES),
  classes: oneOf(CLASS_CHOICES),
  pixels: oneOf(PIXELS),
  size: oneOf<number>(SIZES),
  slice: whole,
  head: { write: String, read: (text) => whole.read(text) },
  curve: whole,
  order: oneOf(["size", "given"]),
  difference: names,
  step,
  zoom: {
    // Within epochs, minus is a sign.
    write: (value) => value?.join(value.every(Number.isInteger) ? "-" : "_") ?? "",
    read: (text) => {
      const [first, last] = /^\d+-\d+$/.test(text)
        ? text.split("-").map((part) => whole.read(part))
        : text.split("_").map((part) => step.read(part));
      return first !== undefined && last !== undefined && first < last ? [first, last] : undefined;
    },
  },
  tracks: names,
  opened: {
    write: (value) => (value ? joinNames([value.run, value.group, String(value.sample)]) : ""),
    read: (text) => {
      const [run, group, sample] = splitNames(text);
      const number = whole.read(sample ?? "");
      return run && group && number !== undefined ? { run, group, sample: number } : undefined;
    },
  },
  panel: { ...oneOf(PANELS), write: String },
  layer: text,
  metric: text,
  sort: {
    write: (value) =>
      value ? joinNames([value.column, value.descending ? "falling" : "rising"]) : "",
    read: (text) => {
      const [column, order] = splitNames(text);
      const isOrder = order === "falling" || order === "rising";
      return column && isOrder ? { column, descending: order === "falling" } : undefined;
    },
  },
  drift: { write: String, read: String },
  cost: names,
  plan: names,
  measure: { write: String, read: (text) => text || undefined },
  evidence: text,
  boxes: {
    write: (value) => value.map(boxName).join("_"),
    read: (text) =>
      text
        .split("_")
        .slice(0, MOST_BOXES)
        .flatMap((name) => {
          const box = readBox(name);
          return box ? [box] : [];
        }),
  },
  wall: { ...oneOf(ORDERS), write: String },
  given: whole,
  data: oneOf(DATA_TABS),
  cells: oneOf(CELLS),
  cell: {
    write: (value) =>
      value ? joinNames([value.run, String(value.label), String(value.predicted)]) : "",
    read: (text) => {
      const [run, ...numbers] = splitNames(text);
      // -1: of rows that may have several labels, that one is not among them.
      const [label, predicted] = numbers.map((one) => (one === "-1" ? -1 : whole.read(one)));
      if (!run || label === undefined || predicted === undefined) return undefined;
      return { run, label, predicted };
    },
  },
  ranked: whole,
  threshold: {
    write: String,
    read: (text) => {
      const value = whole.read(text);
      return value !== undefined && value <= 100 ? value : undefined;
    },
  },
  row: whole,
};

/** What differs from the defaults, as the values of a link's keys. */
export function encodeView(view: View): Map<string, string> {
  const values = new Map<string, string>();
  const put = <K extends keyof View>(key: K): void => {
    if (view[key] !== DEFAULT_VIEW[key]) values.set(key, FIELDS[key].write(view[key]));
  };
  for (const key of Object.keys(FIELDS) as (keyof View)[]) put(key);
  return values;
}

/** The view in a link; whatever it does not say, or says badly, is the default. */
export function decodeView(values: ReadonlyMap<string, string>): View {
  const view: { -readonly [K in keyof View]: View[K] } = { ...DEFAULT_VIEW };
  const take = <K extends keyof View>(key: K): void => {
    const text = values.get(key);
    const value = text === undefined ? undefined : FIELDS[key].read(text);
    if (value !== undefined) view[key] = value;
  };
  for (const key of Object.keys(FIELDS) as (keyof View)[]) take(key);
  return view;
}
