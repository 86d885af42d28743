/** Boxes by numbers: what dragging does, for those who type; of tables, columns by their names. */

import { css, html, nothing } from "lit";
import { type Box, type BoxAxes, boxText } from "../../analysis/boxes.ts";
import { inputAxes } from "../../state/input-axes.ts";
import { MOST_BOXES } from "../../state/view.ts";
import { define, Part } from "../frame/part.ts";
import { base } from "../frame/styles.ts";
import { addBox, changeBox } from "./box-actions.ts";

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
      select {
        font-size: 12px;
        padding: 1px 4px;
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
    const axes = inputAxes(scene, store);
    if (!axes) return nothing;
    const { sides, isTable } = axes;
    return html`
      ${view.boxes.map((box, i) => (box.length === sides.length ? this.fields(box, i, axes) : nothing))}
      ${
        view.boxes.length < MOST_BOXES
          ? html`<div class="start">
            <button
              title="One to begin with, which can be changed"
              @click=${() => addBox(this.dashboard, startOf(axes, view.boxes))}
            >
              ${addText(axes)}
            </button>
            ${
              view.boxes.length === 0
                ? html`<span class="muted">
                  ${sides.length === 2 ? "or drag one on an input: " : ""}${isTable ? "its share of" : "the share inside of"} the maps is
                  drawn over the epochs
                </span>`
                : nothing
            }
          </div>`
          : nothing
      }
    `;
  }

  private fields(box: Box, index: number, axes: BoxAxes) {
    const name = `${nounOf(axes)} ${index + 1}`;
    const { sides, units } = axes;
    const fields = units.map(
      (unit, axis) =>
        html`${this.field(`from ${unit}`, box, index, axis, 0, sides)}${this.field(`${unit}s`, box, index, axis, 1, sides)}`,
    );
    return html`<div class="box" role="group" aria-label=${name}>
      <b>${name}</b>
      ${axes.isTable ? this.columns(box, index, axes) : fields}
      <button
        aria-label="Remove ${name.toLowerCase()}"
        title="Remove it and its curve"
        @click=${() => changeBox(this.dashboard, index, undefined)}
      >
        ✕
      </button>
    </div>`;
  }

  private columns(box: Box, index: number, axes: BoxAxes) {
    const [[chosen = 0] = []] = box;
    const choose = (event: Event): void => {
      const column = Number((event.target as HTMLSelectElement).value);
      changeBox(this.dashboard, index, [[column, 1]]);
    };
    return html`<select aria-label="Which column" @change=${choose}>
      ${Array.from({ length: axes.sides[0] ?? 0 }, (_, i) => {
        const text = axes.names[i] || boxText([[i, 1]], axes);
        return html`<option value=${i} ?selected=${i === chosen}>${text}</option>`;
      })}
    </select>`;
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

/** The first quarter along each axis; of tables the first column that is not shown yet. */
function startOf({ sides, isTable }: BoxAxes, boxes: readonly Box[]): Box {
  if (!isTable) return sides.map((side) => [0, Math.max(1, Math.round(side / 4))] as const);
  const shown = new Set(boxes.map((box) => box[0]?.[0]));
  const free = Array.from({ length: sides[0] ?? 1 }, (_, i) => i).find((i) => !shown.has(i));
  return [[free ?? 0, 1]];
}

function nounOf({ sides, isTable }: BoxAxes): string {
  return isTable ? "Column" : sides.length === 2 ? "Box" : "Range";
}

function addText(axes: BoxAxes): string {
  const what = nounOf(axes).toLowerCase();
  return what === "range" ? `Add a range of ${axes.units[0]}s` : `Add a ${what}`;
}

define("tfx-box-fields", BoxFields);
