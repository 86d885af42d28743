/** Boxes by numbers: what dragging does, for those who type. */

import { css, html, nothing } from "lit";
import type { Box } from "../../analysis/boxes.ts";
import { inputSides } from "../../state/input-sides.ts";
import { MOST_BOXES } from "../../state/view.ts";
import { define, Part } from "../frame/part.ts";
import { base } from "../frame/styles.ts";
import { addBox, changeBox } from "./box-actions.ts";

const NAMES: readonly (readonly [string, string])[] = [
  ["from row", "rows"],
  ["from column", "columns"],
];
const ROW_NAMES: readonly (readonly [string, string])[] = [["from position", "positions"]];

export class BoxFields extends Part {
  static override styles = [
    base,
    css`
      :host {
        display: flex;
        flex-wrap: wrap;
        gap: 0 12px;
        font-size: 12px;
      }
      .box,
      .start {
        display: flex;
        flex-wrap: wrap;
        align-items: center;
        gap: 4px 8px;
        margin-bottom: 4px;
      }
      b {
        font-weight: 600;
      }
      input {
        width: 58px;
        border: 1px solid var(--line);
        border-radius: 5px;
        background: var(--panel);
        padding: 1px 4px;
      }
      button {
        padding: 1px 8px;
      }
    `,
  ];

  override render() {
    const { scene, store, view } = this.dashboard;
    const sides = inputSides(scene, store);
    if (!sides) return nothing;
    return html`
      ${view.boxes.map((box, i) => (box.length === sides.length ? this.fields(box, i, sides) : nothing))}
      ${
        view.boxes.length < MOST_BOXES
          ? html`<div class="start">
            <button
              title="A box to begin with, whose numbers can be changed"
              @click=${() => addBox(this.dashboard, startOf(sides))}
            >
              Add a box
            </button>
            ${
              view.boxes.length === 0
                ? html`<span class="muted">
                  ${sides.length === 2 ? "or drag one on an input: " : ""}the share of the maps inside is
                  drawn over the epochs
                </span>`
                : nothing
            }
          </div>`
          : nothing
      }
    `;
  }

  private fields(box: Box, index: number, sides: readonly number[]) {
    const names = sides.length === 2 ? NAMES : ROW_NAMES;
    return html`<div class="box" role="group" aria-label="Box ${index + 1}">
      <b>Box ${index + 1}</b>
      ${names.map(
        ([from, count], axis) =>
          html`${this.field(from, box, index, axis, 0, sides)}${this.field(count, box, index, axis, 1, sides)}`,
      )}
      <button
        aria-label="Remove box ${index + 1}"
        title="Remove this box and its curve"
        @click=${() => changeBox(this.dashboard, index, undefined)}
      >
        ✕
      </button>
    </div>`;
  }

  private field(
    name: string,
    box: Box,
    index: number,
    axis: number,
    part: 0 | 1,
    sides: readonly number[],
  ) {
    const side = sides[axis] ?? 1;
    return html`<label
      >${name}
      <input
        type="number"
        step="any"
        min="0"
        max=${side}
        .value=${String(box[axis]?.[part] ?? 0)}
        @change=${(event: Event) => this.change(event, box, index, axis, part, side)}
    /></label>`;
  }

  /** What is no box leaves the old one, and the field says it again. */
  private change(
    event: Event,
    box: Box,
    index: number,
    axis: number,
    part: 0 | 1,
    side: number,
  ): void {
    const field = event.target as HTMLInputElement;
    const value = field.valueAsNumber;
    const [first = 0, size = 1] = box[axis] ?? [];
    const [from, count] = part === 0 ? [value, size] : [first, value];
    const fits = from >= 0 && count > 0 && from < side && value <= side;
    if (!fits) {
      field.value = String(box[axis]?.[part] ?? 0);
      return;
    }
    const changed = box.map((one, i) =>
      i === axis ? ([from, Math.min(count, side - from)] as const) : one,
    );
    changeBox(this.dashboard, index, changed);
  }
}

/** The first quarter along each axis. */
function startOf(sides: readonly number[]): Box {
  return sides.map((side) => [0, Math.max(1, Math.round(side / 4))] as const);
}

define("tfx-box-fields", BoxFields);
