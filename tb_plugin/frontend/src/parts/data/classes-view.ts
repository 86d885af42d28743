/** Who is right: confusion matrices beside each other, and the numbers of each class or a cell's rows. */

import { css, html, nothing } from "lit";
import {
  cellsOf,
  cellText,
  drawnClasses,
  largest,
  type Matrix,
  minus,
  NONE,
  rowsIn,
  sharesOf,
  shortNames,
} from "../../analysis/confusion.ts";
import { classText, type Evaluation } from "../../analysis/evaluation.ts";
import { plural } from "../../analysis/numbers.ts";
import { paletteOf } from "../../draw/palette.ts";
import type { Cell, CellsName } from "../../state/view.ts";
import { define } from "../frame/part.ts";
import { base } from "../frame/styles.ts";
import { classTable } from "./class-table.ts";
import {
  type CellInks,
  cellColour,
  confusionMatrix,
  inksOf,
  matrixStyles,
  NUMBERED,
} from "./confusion-matrix.ts";
import { dataStyles } from "./data-styles.ts";
import { chooseRow, type EvaluatedRun } from "./evaluated.ts";
import { labelTable } from "./label-table.ts";
import { rowFacts } from "./row-facts.ts";
import { rowList } from "./row-list.ts";
import { SizedView } from "./sized-view.ts";
import { whoText } from "./who.ts";

const CELL_TEXTS: Readonly<Record<CellsName, readonly [text: string, title: string]>> = {
  counts: ["Rows", "How many rows"],
  label: ["% of label", "Shares of the rows of each label: the diagonal is recall"],
  predicted: ["% of prediction", "Shares of each predicted class: the diagonal is precision"],
  difference: ["Difference", "Rows of the first run minus rows of the second"],
};
/** What stands beside and above the cells, in pixels. */
const MARGIN = { across: 124, down: 118 } as const;
const SIZES = { least: 10, most: 46 } as const;
/** Of few classes, so that their names have room. */
const FEW = { classes: 4, size: 90 } as const;
/** Of matrices below each other. */
const STACKED = 26;
/** Below the matrices, where nothing has room beside them. */
const BELOW = { height: 140, least: 24 } as const;
/** Beside the matrices, the numbers of the classes. */
const TABLE_WIDTH = 520;

interface Drawn {
  readonly one: EvaluatedRun;
  readonly evaluation: Evaluation;
  readonly matrix: Matrix;
}

export class ClassesView extends SizedView {
  static override styles = [
    base,
    dataStyles,
    matrixStyles,
    css`
      :host {
        display: block;
        min-height: 0;
        overflow: auto;
      }
      .both {
        display: flex;
        flex-wrap: wrap;
        gap: 14px 28px;
        padding: 10px 16px;
      }
      .side {
        flex: 1 1 ${TABLE_WIDTH - 60}px;
        min-width: 0;
        overflow-x: auto;
      }
      .matrices {
        display: flex;
        flex-wrap: wrap;
        gap: 10px 24px;
      }
      .controls {
        display: flex;
        flex-wrap: wrap;
        align-items: center;
        gap: 6px 14px;
        margin-bottom: 8px;
        font-size: 12px;
      }
      .scale {
        display: flex;
        align-items: center;
        gap: 6px;
        font-size: 11px;
        color: var(--muted);
      }
      .scale i {
        width: 14px;
        height: 12px;
        display: inline-block;
      }
      .scale .ramp {
        display: inline-flex;
        border: 1px solid var(--line);
      }
      h3 {
        margin-bottom: 4px;
      }
      .classes .range {
        width: 80px;
      }
      .classes.many .range {
        width: 46px;
      }
      .averages tr:first-child > * {
        border-top: 1px solid var(--line);
      }
      .head {
        display: flex;
        gap: 10px;
        align-items: center;
        margin-bottom: 6px;
      }
    `,
  ];
  override render() {
    const known = this.runs.filter(({ evaluation }) => evaluation);
    const drawn = this.drawn(known);
    const { cell } = this.dashboard.view;
    const of = cell && known.find(({ run }) => run.id === cell.run);
    return html`<div class="both">
      ${drawn.length > 0 ? html`<div>${this.matrices(drawn)}</div>` : nothing}
      ${
        known.some(({ evaluation }) => evaluation?.several)
          ? html`<div>${labelTable(this.dashboard, known)}</div>`
          : nothing
      }
      <div class="side">${of && cell ? this.rows(of, known) : this.table(known)}</div>
    </div>`;
  }

  /** In the colours of the theme that a figure is drawn in. */
  override drawAnew(): void {
    this.requestUpdate();
    this.performUpdate();
  }

  private get inks(): CellInks {
    return inksOf(paletteOf(this), this.dashboard.view.diverging);
  }

  // ------------------------------------------------------------------ matrices

  private drawn(known: readonly EvaluatedRun[]): Drawn[] {
    const all = known.flatMap((one) => (one.evaluation ? [[one, one.evaluation] as const] : []));
    const indices = drawnClasses(all.map(([, evaluation]) => evaluation)).map(({ index }) => index);
    const cells = this.cells(known);
    return all.flatMap(([one, evaluation]) => {
      if (evaluation.confusion.length === 0) return [];
      const counts = cellsOf(evaluation, indices);
      const isShare = cells === "label" || cells === "predicted";
      return [{ one, evaluation, matrix: isShare ? sharesOf(counts, cells) : counts }];
    });
  }

  private cells(known: readonly EvaluatedRun[]): CellsName {
    const { cells } = this.dashboard.view;
    return cells === "difference" && !hasDifference(known) ? "counts" : cells;
  }

  private matrices(drawn: readonly Drawn[]) {
    const known = drawn.map(({ one }) => one);
    const cells = this.cells(known);
    const [first, second] = drawn;
    if (!first) return nothing;
    const classes = drawnClasses(drawn.map(({ evaluation }) => evaluation));
    const names = classes.map(({ name }) => name);
    const shown =
      cells === "difference" && second
        ? [{ ...first, matrix: minus(first.matrix, second.matrix) }]
        : drawn;
    const limit = largest(shown.map(({ matrix }) => matrix));
    const { cell } = this.dashboard.view;
    const look = {
      ...{ inks: this.inks, names, cells, limit, heads: shortNames(names) },
      ...{
        indices: classes.map(({ index }) => index),
        size: this.cellSize(names.length, shown.length),
      },
    };
    return html`${this.controls(known, cells, limit, first.evaluation.arePixels)}
      <div class="matrices">
        ${shown.map(({ one: { run }, evaluation, matrix }) => {
          const isOne = cells !== "difference";
          const opens = isOne && evaluation.rows.length > 0;
          const open = (label: number, predicted: number): void =>
            this.dashboard.update({ cell: { run: run.id, label, predicted } });
          const chosen = cell && isOne && cell.run === run.id;
          return html`<section>
            <h3>${isOne ? whoText(run) : html`${whoText(run)} − ${second ? whoText(second.one.run) : ""}`}</h3>
            ${confusionMatrix({
              ...look,
              ...{ name: run.name, matrix, open: opens ? open : undefined },
              chosen: chosen ? [cell.label, cell.predicted] : undefined,
            })}
          </section>`;
        })}
      </div>
      ${leftOutText(first.evaluation, names.length)}`;
  }

  private controls(
    known: readonly EvaluatedRun[],
    cells: CellsName,
    limit: number,
    arePixels: boolean,
  ) {
    const names = (Object.keys(CELL_TEXTS) as CellsName[]).filter(
      (name) => name !== "difference" || hasDifference(known),
    );
    const isSigned = cells === "difference";
    const ends = isSigned ? [-limit, 0, limit] : [0, limit / 4, limit];
    const stops = Array.from({ length: 9 }, (_, i) => (isSigned ? i / 4 - 1 : i / 8));
    return html`<div class="controls">
      <span data-screen class="segments" role="radiogroup" aria-label="Numbers in the cells">
        ${names.map(
          (name) => html`<label title=${counted(CELL_TEXTS[name][1], arePixels)}>
            <input
              type="radio"
              name="cells"
              .checked=${name === cells}
              @change=${() => this.dashboard.update({ cells: name })}
            />${counted(CELL_TEXTS[name][0], arePixels)}
          </label>`,
        )}
      </span>
      <span class="scale" title="One scale for all; its middle is a quarter of its end">
        ${cellText(ends[0] ?? 0, cells) || "0"}
        <span class="ramp"
          >${stops.map((stop) => {
            // The scale is one of square roots; its swatches lie at equal distances.
            const share = Math.sign(stop) * stop * stop;
            const colour = cellColour(this.inks, share, isSigned);
            return html`<i style="background: rgb(${colour.join(" ")})"></i>`;
          })}</span
        >
        ${cellText(limit, cells) || "0"}
      </span>
    </div>`;
  }

  /** As large as there is room for; below each other where only so their numbers have room. */
  private cellSize(count: number, shown: number): number {
    const beside = this.fitting(count, shown);
    const below = Math.min(STACKED, this.fitting(count, 1));
    return beside < NUMBERED && below >= NUMBERED ? below : beside;
  }

  /** For so many matrices beside each other. */
  private fitting(count: number, matrices: number): number {
    const { width, height } = this.room;
    const isBeside = width >= 1100;
    const across = (width - (isBeside ? TABLE_WIDTH : 0) - 60) / matrices - MARGIN.across;
    const down = height - MARGIN.down;
    const left = isBeside ? down : Math.max(count * BELOW.least, down - BELOW.height);
    const most = count <= FEW.classes ? FEW.size : SIZES.most;
    const fits = Math.min(across, left) / Math.max(1, count);
    return Math.floor(Math.min(most, Math.max(SIZES.least, fits)));
  }

  // ------------------------------------------------------------------ at their side

  private table(known: readonly EvaluatedRun[]) {
    const { dashboard } = this;
    const hasCurves = known.some(({ evaluation }) => evaluation?.curves.length);
    const choose = (index: number): void => dashboard.update({ data: "curves", ranked: index });
    return classTable(known, hasCurves ? choose : undefined);
  }

  private rows(of: EvaluatedRun, known: readonly EvaluatedRun[]) {
    const { dashboard } = this;
    const { cell } = dashboard.view;
    const { evaluation, run } = of;
    if (!cell || !evaluation) return nothing;
    const rows = rowsIn(evaluation.rows, cell.label, cell.predicted);
    const others = known.filter((one) => one !== of);
    const chosen = rows.find(({ row }) => row === dashboard.view.row);
    return html`<div class="head">
        <h2>${plural(rows.length, "row")} ${this.cellTitle(evaluation, cell)}</h2>
        ${whoText(run)}
        <button data-screen @click=${() => dashboard.update({ cell: undefined })}>Close</button>
      </div>
      ${chosen ? rowFacts(dashboard, known, chosen.row) : nothing}
      ${rowList(
        ...([dashboard, rows, evaluation, others] as const),
        (row) => chooseRow(dashboard, row),
        cell.label === NONE ? cell.predicted : cell.label,
      )}`;
  }

  private cellTitle(evaluation: Evaluation, cell: Cell): string {
    const [label, predicted] = [cell.label, cell.predicted].map((one) => nameText(evaluation, one));
    if (cell.predicted === NONE) return `with ${label} that is not predicted`;
    if (cell.label === NONE) return `predicted to have ${predicted} and without it`;
    return evaluation.several
      ? `with ${label} that is predicted`
      : `of ${label} predicted as ${predicted}`;
  }
}

/** What is counted: rows, or pixels of them. */
function counted(text: string, arePixels: boolean): string {
  return arePixels ? text.replaceAll("rows", "pixels").replaceAll("Rows", "Pixels") : text;
}

/** Of classes without names their numbers. */
function nameText(evaluation: Evaluation, index: number): string {
  const name = classText(evaluation, index);
  return /^\d+$/.test(name) ? `class ${name}` : name;
}

function hasDifference(known: readonly EvaluatedRun[]): boolean {
  return known.filter(({ evaluation }) => evaluation?.confusion.length).length === 2;
}

function leftOutText({ classes, leftOut }: Evaluation, drawn: number) {
  const count = classes.length + leftOut;
  if (drawn === count) return nothing;
  return html`<p class="muted">
    ${drawn} of ${count} classes: ${drawn < classes.length ? "those confused most often" : "those that occur, at most 100"}.
  </p>`;
}

define("tfx-classes", ClassesView);
