/** One confusion matrix: labels down, predictions across; a cell opens its rows. */

import { css, html, nothing } from "lit";
import { mapColour, type Rgb, type SignedName } from "../../analysis/colours.ts";
import { cellText, type Matrix } from "../../analysis/confusion.ts";
import { blend, rgbOf, textColourOn } from "../../analysis/contrast.ts";
import type { Palette } from "../../draw/palette.ts";
import type { CellsName } from "../../state/view.ts";

export interface MatrixLook {
  readonly name: string;
  readonly matrix: Matrix;
  /** The classes of its sides. */
  readonly indices: readonly number[];
  readonly names: readonly string[];
  readonly heads: readonly string[];
  readonly cells: CellsName;
  readonly inks: CellInks;
  /** The end of the scale of all matrices. */
  readonly limit: number;
  /** Of a cell, in pixels. */
  readonly size: number;
  readonly chosen: readonly number[] | undefined;
  /** Of a difference there is nothing to open. */
  readonly open: ((label: number, predicted: number) => void) | undefined;
}

/** Smaller cells have no room for numbers. */
export const NUMBERED = 21;
/** Smaller ones none for the names of columns. */
const HEADED = 18;

export const matrixStyles = css`
  .confusion {
    font-size: 11.5px;
  }
  .confusion td,
  .confusion th {
    padding: 0;
    line-height: 14px;
  }
  .confusion td {
    width: var(--cell);
    min-width: var(--cell);
    height: var(--cell);
    text-align: center;
    vertical-align: middle;
    border: 1px solid var(--panel);
  }
  .confusion td button {
    width: 100%;
    height: 100%;
    border: 0;
    border-radius: 0;
    padding: 0;
    background: none;
    color: inherit;
  }
  .confusion td:has(button:hover) {
    outline: 2px solid var(--accent);
    outline-offset: -1px;
  }
  .confusion td.chosen {
    outline: 2px solid var(--text);
    outline-offset: -1px;
  }
  .confusion tbody th {
    max-width: 96px;
    padding-right: 6px;
    text-align: right;
    vertical-align: middle;
  }
  .confusion thead th {
    max-width: var(--cell);
    text-align: center;
    vertical-align: bottom;
    padding-bottom: 3px;
  }
  .confusion.small td,
  .confusion.small tbody th {
    font-size: min(11px, var(--cell));
    line-height: calc(var(--cell) - 2px);
  }
  .confusion thead .side {
    max-width: none;
    text-align: right;
    padding-right: 6px;
    font-weight: 400;
    font-size: 11px;
    white-space: nowrap;
  }
`;

/** The colours of cells: the page's own at 0, so that what is rare stands back. */
export interface CellInks {
  readonly ground: Rgb;
  readonly full: Rgb;
  /** Of differences, below 0 and above. */
  readonly less: Rgb;
  readonly more: Rgb;
}

export function inksOf({ panel, accent }: Palette, diverging: SignedName): CellInks {
  const [less, more] = [-1, 1].map((share) => mapColour(diverging, share));
  return { ground: rgbOf(panel), full: rgbOf(accent), less: less as Rgb, more: more as Rgb };
}

/** The colour of a share of the scale, -1 to 1 of differences. */
export function cellColour(inks: CellInks, share: number, isSigned: boolean): Rgb {
  const { ground, full, less, more } = inks;
  if (!Number.isFinite(share) || share === 0) return ground;
  // Square roots, so that a mistake of a few rows is seen beside the many that are right.
  const depth = Math.sqrt(Math.min(1, Math.abs(share)));
  const end = isSigned ? (share < 0 ? less : more) : full;
  return blend(end, ground, depth);
}

export function confusionMatrix(look: MatrixLook) {
  const { name, names, heads, size, matrix } = look;
  return html`<table class="confusion ${size < HEADED ? "small" : ""}" aria-label="Confusion matrix, ${name}" style="--cell: ${size}px">
    <thead>
      <tr>
        <th class="side" scope="col">label ↓ predicted →</th>
        ${heads.map(
          (head, i) => html`<th scope="col" class="cut" title=${names[i] ?? ""}>
              ${size < HEADED ? html`<span class="hidden">${head}</span>` : head}
            </th>`,
        )}
      </tr>
    </thead>
    <tbody>
      ${matrix.map(
        (row, i) => html`<tr>
          <th scope="row" class="cut" title=${names[i] ?? ""}>${heads[i]}</th>
          ${row.map((value, j) => cellOf(look, value, i, j))}
        </tr>`,
      )}
    </tbody>
  </table>`;
}

function cellOf(look: MatrixLook, value: number, i: number, j: number) {
  const { cells, limit, names, indices, size, chosen, open } = look;
  const colour = cellColour(look.inks, limit > 0 ? value / limit : 0, cells === "difference");
  const text = cellText(value, cells);
  const told = `${names[i]} predicted as ${names[j]}: ${text || "0"}`;
  const [label, predicted] = [indices[i] ?? 0, indices[j] ?? 0];
  const isChosen = chosen?.[0] === label && chosen[1] === predicted;
  const shown = size >= NUMBERED ? text : "";
  return html`<td
    class=${isChosen ? "chosen" : ""}
    style="background: rgb(${colour.join(" ")}); color: ${textColourOn(colour)}"
    title=${told}
  >${
    text && open
      ? html`<button aria-label=${told} @click=${() => open(label, predicted)}>${shown}</button>`
      : text
        ? shown
        : nothing
  }</td>`;
}
