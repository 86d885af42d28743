/** What only some kinds of maps need: slices of volumes, curves of lines, the order of features. */

import { css, html, nothing } from "lit";
import type { InputValues } from "../../analysis/input-values.ts";
import { channelName } from "../../analysis/input-values.ts";
import { inputValuesOf, sliceOf } from "../maps/map-figure.ts";
import { define, Part } from "./part.ts";
import { base } from "./styles.ts";

const MAX_CURVES = 64;

export class KindControls extends Part {
  static override styles = [
    base,
    css`
      :host {
        display: contents;
      }
      .control {
        display: inline-flex;
        align-items: center;
        gap: 5px;
        white-space: nowrap;
      }
      .name {
        color: var(--muted);
      }
      select {
        padding: 3px 2px;
        max-width: 150px;
      }
    `,
  ];

  override render() {
    const { shownColumns, depth } = this.dashboard.scene;
    const layouts = shownColumns.filter(({ kind }) => kind === "map").map(({ layout }) => layout);
    return html`
      ${depth > 1 ? this.slices(depth) : nothing}
      ${layouts.includes("features") ? this.order() : nothing}
      ${layouts.includes("line") ? this.curves() : nothing}
    `;
  }

  private slices(depth: number) {
    const slice = sliceOf(this.dashboard, depth);
    const choose = (event: Event): void =>
      this.dashboard.update({ slice: Number((event.target as HTMLInputElement).value) });
    return html`<label class="control" title="Of volumes: one slice for all samples and runs"
      ><span class="name">Slice</span>
      <input
        type="range"
        min="0"
        max=${depth - 1}
        step="1"
        aria-label="Slice"
        .value=${String(slice)}
        @input=${choose}
      />
      <span class="slice">${slice} of 0–${depth - 1}</span></label
    >`;
  }

  private order() {
    const { order } = this.dashboard.view;
    const choose = (event: Event): void => {
      const { value } = event.target as HTMLSelectElement;
      this.dashboard.update({ order: value === "given" ? "given" : "size" });
    };
    return html`<label class="control" title="By the largest magnitude over epochs and shown runs"
      ><span class="name">Features</span>
      <select aria-label="Order of features" @change=${choose}>
        <option value="size" ?selected=${order === "size"}>by size</option>
        <option value="given" ?selected=${order === "given"}>in order</option>
      </select></label
    >`;
  }

  private curves() {
    const input = this.lineInput;
    if (!input || input.width < 2) return nothing;
    const { curve } = this.dashboard.view;
    const choose = (event: Event): void => {
      const { value } = event.target as HTMLSelectElement;
      this.dashboard.update({ curve: value === "" ? undefined : Number(value) });
    };
    const count = Math.min(input.width, MAX_CURVES);
    return html`<label class="control" title="The channel of the input that is drawn below the map"
      ><span class="name">Curve</span>
      <select aria-label="Channel of the input" @change=${choose}>
        <option value="" ?selected=${curve === undefined}>all channels</option>
        ${Array.from(
          { length: count },
          (_, i) =>
            html`<option value=${i} ?selected=${curve === i}>${channelName(input, i)}</option>`,
        )}
      </select></label
    >`;
  }

  /** The widest line that lies under a shown map. */
  private get lineInput(): InputValues | undefined {
    const { shown, shownColumns, samples } = this.dashboard.scene;
    const columns = shownColumns.filter(({ layout }) => layout === "line");
    const inputs = shown.flatMap((run) =>
      columns.map((column) =>
        inputValuesOf(this.dashboard, { run, column, sample: samples[0] ?? 0 }),
      ),
    );
    const lines = inputs.filter((one) => one?.layout === "line");
    return lines.sort((a, b) => (b?.width ?? 0) - (a?.width ?? 0))[0];
  }
}

define("tfx-kind-controls", KindControls);
