/** The columns of the grid: one explainer at one layer each, in the model's order. */

import { belongs } from "../analysis/kernels.ts";
import { isRow, layoutOf } from "../analysis/layouts.ts";
import type { Layout } from "../tables.ts";
import type { ShownRun } from "./runs.ts";
import type { View } from "./view.ts";

export type ColumnKind = "map" | "matrix" | "picture" | "channels";

/** In the order of the columns: channels are the widest, and answer a later question. */
export const COLUMN_KINDS: readonly ColumnKind[] = ["map", "picture", "matrix", "channels"];

export interface Column {
  readonly group: string;
  readonly kind: ColumnKind;
  /** How one map's values lie; of attention it is not asked for. */
  readonly layout: Layout;
  readonly explainer: string;
  readonly layer: string;
  readonly unit: string;
  readonly scoreUnit: string;
  readonly signed: boolean;
  /** Whether it explains the input's own pixels, words or features, and no coarser layer. */
  readonly ofPixels: boolean;
  /** How many words a position reads, where its value is spread over these; else 0. */
  readonly wordsRead: number;
  /** Why the values of positions over words are not spread over these. */
  readonly wordNote: string;
  /** Whether it is of a stage of the model that is not the last. */
  readonly isEarly: boolean;
}

const FIRST_MAPS = 4;
/** As `layer` in a method's settings: a map of every stage of the model. */
const STAGES = "stages";

/** All columns that the maps of these runs fill. */
export function columnsOf(shown: readonly ShownRun[]): Column[] {
  const columns = new Map<string, Column>();
  const staged = new Set<string>();
  for (const { group, kind, explainer, layer, content } of shown.flatMap((s) => s.run.groups)) {
    if (!isColumn(kind) || columns.has(group)) continue;
    const { unit, scoreUnit, signed } = content;
    const layout = layoutOf(kind, content);
    const ofPixels = kind === "map" && !isRow(layout) && layer === content.input;
    const place = { group, kind, layout, explainer, layer };
    const words = { wordsRead: kind === "map" ? content.wordOffsets.length : 0 };
    const { wordNote } = content;
    if (content.settings.layer === STAGES) staged.add(explainer);
    const more = { wordNote, isEarly: false };
    columns.set(group, { ...place, unit, scoreUnit, signed, ofPixels, ...words, ...more });
  }
  const all = [...columns.values()];
  const explainers = [...new Set(all.map(({ explainer }) => explainer))];
  const rank = ({ kind, explainer }: Column): number =>
    COLUMN_KINDS.indexOf(kind) * explainers.length + explainers.indexOf(explainer);
  const depth = ({ explainer, layer }: Column): number => layersOf(shown, explainer).indexOf(layer);
  const sorted = all.sort((a, b) => rank(a) - rank(b) || depth(a) - depth(b));
  return sorted.map((column, i) => {
    const isEarly = staged.has(column.explainer) && sorted[i + 1]?.explainer === column.explainer;
    return isEarly ? { ...column, isEarly } : column;
  });
}

/** By method, its maps of one layer after the other, where some run has several. */
export function laddersOf(
  columns: readonly Column[],
  shown: readonly ShownRun[],
): ReadonlyMap<string, readonly Column[]> {
  const ladders = new Map<string, Column[]>();
  for (const column of columns) {
    if (column.kind !== "map") continue;
    ladders.set(column.explainer, [...(ladders.get(column.explainer) ?? []), column]);
  }
  const countIn = ({ run }: ShownRun, own: readonly Column[]): number =>
    own.filter(({ group }) => run.groups.some((one) => one.group === group)).length;
  return new Map([...ladders].filter(([, own]) => shown.some((run) => countIn(run, own) > 1)));
}

/** That of the method whose maps are chosen elsewhere, else the first. */
export function ladderOf(
  columns: readonly Column[],
  shown: readonly ShownRun[],
  evidence: Column | undefined,
): readonly Column[] {
  const ladders = laddersOf(columns, shown);
  return ladders.get(evidence?.explainer ?? "") ?? [...ladders.values()][0] ?? [];
}

/** Whether records of a kind stand in the grid. */
export function isColumn(kind: string): kind is ColumnKind {
  return COLUMN_KINDS.some((one) => one === kind);
}

/** An explainer's layers in the model's order. */
function layersOf(shown: readonly ShownRun[], explainer: string): readonly string[] {
  return shown.map(({ samples }) => samples?.layers[explainer]).find(Boolean) ?? [];
}

/** The chosen columns, else the first maps, the last attention and `first` of the channels. */
export function chooseColumns(
  columns: readonly Column[],
  chosen: View["groups"],
  first: (columns: readonly Column[]) => Column | undefined,
): Column[] {
  if (chosen) return columns.filter((column) => chosen.includes(column.group));
  const late = columns.filter(({ kind, isEarly }) => kind === "map" && !isEarly);
  const evidence = late.slice(0, FIRST_MAPS);
  const attention = columns.filter((column) => column.kind === "matrix");
  const pictures = columns.filter((column) => column.kind === "picture");
  const maps = [...evidence, ...pictures, ...attention.slice(-1)];
  const channels = first(columns);
  return channels ? [...maps, channels] : maps;
}

/**
 * The chosen maps; else those of the input itself, which are the finest and add up to a score, then
 * those of a layer, where all samples' are not too much to load.
 */
export function evidenceOf(
  columns: readonly Column[],
  chosen: View["evidence"],
  fits: (column: Column) => boolean,
): Column | undefined {
  const maps = columns.filter(({ kind }) => kind === "map");
  const late = maps.filter(({ isEarly }) => !isEarly);
  const ranked = [
    ...late.filter(({ explainer }) => /^(Integrated|Expected)Gradients/.test(explainer)),
    ...late.filter(({ explainer }) => /cam/i.test(explainer)),
    ...late,
  ];
  return maps.find(({ group }) => group === chosen) ?? ranked.find(fits) ?? ranked[0];
}

/** Slices of the deepest volume that is shown; 0 where there is none. */
export function depthOf(shown: readonly ShownRun[], columns: readonly Column[]): number {
  const groups = columns.filter(({ layout }) => layout === "volume").map(({ group }) => group);
  if (groups.length === 0) return 0;
  const depths = shown.flatMap(({ run }) => [
    ...run.groups
      .filter(({ group }) => groups.includes(group))
      .map(({ kind, content }) => content.shape[kind === "channels" ? 1 : 0] ?? 0),
    ...run.inputs.filter(({ layout }) => layout === "volume").map(({ shape }) => shape[0] ?? 0),
  ]);
  return Math.max(0, ...depths);
}

interface Columns {
  readonly columns: readonly Column[];
  readonly shownColumns: readonly Column[];
}

/**
 * The groups to show for a kernel: where an explainer has maps of its layer and none of them is
 * shown, these in place of its others; undefined where nothing is to be changed.
 */
export function groupsWith(
  { columns, shownColumns }: Columns,
  kernel: string,
): string[] | undefined {
  const shown = new Set(shownColumns.map(({ group }) => group));
  let changed = false;
  for (const explainer of new Set(columns.map((column) => column.explainer))) {
    const own = columns.filter((column) => column.explainer === explainer);
    const wanted = own.filter(({ layer }) => belongs(kernel, layer));
    if (wanted.length === 0 || wanted.some(({ group }) => shown.has(group))) continue;
    for (const { group } of own) shown.delete(group);
    // The innermost of nested layers says most of the kernel.
    const [best] = wanted.sort((a, b) => b.layer.length - a.layer.length);
    if (best) shown.add(best.group);
    changed = true;
  }
  return changed
    ? columns.map(({ group }) => group).filter((group) => shown.has(group))
    : undefined;
}
