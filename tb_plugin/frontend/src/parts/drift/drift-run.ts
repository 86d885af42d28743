/** One run's samples along the measure, and how far its predictions are from the reference's. */

import { css, html, nothing } from "lit";
import type { Moved } from "../../analysis/drift.ts";
import { finite, meanOf, measureOf, splitOf } from "../../analysis/drift-scores.ts";
import { fromText } from "../../analysis/epochs.ts";
import { coefficient, plural } from "../../analysis/numbers.ts";
import type { Known } from "../../data/series.ts";
import { DOTS_HEIGHT, drawDots, type Mark, markAt, marksOf } from "../../draw/dots.ts";
import type { Fidelity } from "../../format/compressed.ts";
import type { ShownRun } from "../../state/runs.ts";
import { define, Part } from "../frame/part.ts";
import { hideReadout, showReadout } from "../frame/readout.ts";
import { base } from "../frame/styles.ts";
import { bandOfRun, type DriftState, entryText, fidelityText, showSample } from "./drift-text.ts";

const UNDEFINED = "The two maps explain different targets, or one of them does not vary.";

export class DriftRun extends Part {
  static override properties = {
    run: { attribute: false },
    moved: { attribute: false },
    fidelity: { attribute: false },
    state: { attribute: false },
  };
  static override styles = [
    base,
    css`
      :host {
        display: grid;
        grid-template-columns: var(--texts) minmax(0, 1fr);
        column-gap: 8px;
        padding: 6px 0;
        border-bottom: 1px solid color-mix(in srgb, var(--line) 55%, transparent);
        font-size: 12px;
        line-height: 17px;
      }
      h3 {
        display: flex;
        align-items: center;
        gap: 6px;
        font-size: 12px;
        font-weight: 600;
        white-space: nowrap;
      }
      h3 .muted {
        font-weight: 400;
      }
      canvas {
        display: block;
      }
      canvas.near {
        cursor: pointer;
      }
      .none {
        white-space: nowrap;
      }
      .fidelity {
        grid-column: 1 / -1;
      }
    `,
  ];
  declare run: ShownRun;
  declare moved: Moved | undefined;
  declare fidelity: Known<Fidelity> | undefined;
  declare state: DriftState;

  private width = 0;
  private marks: readonly Mark[] = [];
  private readonly sizes = new ResizeObserver(() => this.layOut());

  override firstUpdated(): void {
    const strip = this.find(".strip");
    if (strip) this.sizes.observe(strip);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.sizes.disconnect();
  }

  override render() {
    const { run, moved, fidelity } = this;
    const role = moved?.drift.role ?? fidelity?.record?.role;
    const reference = moved?.drift.reference ?? fidelity?.record?.reference;
    return html`
      <div>
        <h3>
          <span class="dot" style="background: ${run.colour}"></span>
          <span class="cut" title=${run.name}>${run.name}</span>
          <span class="muted cut">${role === "control" ? "control, " : ""}against ${reference}</span>
        </h3>
        ${moved ? this.numbers(moved) : html`<p class="muted">no maps to compare</p>`}
      </div>
      <div class="strip">${moved ? this.strip(moved) : nothing}</div>
      ${fidelity ? html`<p class="fidelity muted">${fidelityText(fidelity)}</p>` : nothing}
    `;
  }

  override updated(): void {
    const { moved, run, width } = this;
    const canvas = this.find<HTMLCanvasElement>("canvas");
    if (!canvas || !moved || width === 0) return;
    const { axis } = this.state;
    const style = getComputedStyle(this);
    const token = (name: string): string => style.getPropertyValue(name).trim();
    this.marks = marksOf(moved.scores, axis, width);
    drawDots(canvas, this.marks, {
      width,
      axis,
      colour: run.colour,
      band: bandOfRun(this.state, moved),
      selected: this.dashboard.scene.selected,
      palette: { band: token("--band"), line: token("--line"), text: token("--text") },
    });
  }

  override drawAnew(): void {
    this.updated();
  }

  private numbers({ scores, step, isNow }: Moved) {
    const { agreeing, flipped } = splitOf(scores);
    const none = scores.length - finite(scores).length;
    const from = fromText({ step, isNow });
    return html`
      <p>
        <b class="agreeing">${agreeing.length}</b> agree, mean
        <b class="agreeing-mean">${coefficient(meanOf(agreeing))}</b>${from ? html`<span class="from muted">, ${from}</span>` : nothing}
      </p>
      <p>
        <b class="flipped">${flipped.length}</b> changed, mean
        <b class="flipped-mean">${coefficient(meanOf(flipped))}</b
        >${none > 0 ? html`<span class="none muted" title=${UNDEFINED}> · ${none} undefined</span>` : nothing}
      </p>
    `;
  }

  private strip({ scores }: Moved) {
    const { label } = measureOf(this.state.choice.measure);
    const values = finite(scores);
    if (values.length === 0) {
      return html`<p class="muted">
        No sample has a ${label} here. ${UNDEFINED}
      </p>`;
    }
    const range = `${coefficient(Math.min(...values))} to ${coefficient(Math.max(...values))}`;
    const told = `${this.run.name}: ${label} of ${plural(values.length, "sample")}, ${range}`;
    return html`<canvas
      role="img"
      aria-label=${told}
      height=${DOTS_HEIGHT}
      @pointermove=${this.point}
      @pointerleave=${() => hideReadout(this.dashboard)}
      @click=${this.pick}
    ></canvas>`;
  }

  private layOut(): void {
    this.width = this.find(".strip")?.clientWidth ?? 0;
    this.requestUpdate();
  }

  private entryAt(event: MouseEvent) {
    const mark = markAt(this.marks, event.offsetX, event.offsetY);
    return mark && this.moved && { ...mark.score, moved: this.moved };
  }

  private point(event: PointerEvent): void {
    const entry = this.entryAt(event);
    (event.currentTarget as HTMLElement).classList.toggle("near", entry !== undefined);
    const text = entry ? entryText(this.dashboard, this.state, entry) : "";
    showReadout(this.dashboard, event.clientX, event.clientY, text);
  }

  private pick(event: MouseEvent): void {
    const entry = this.entryAt(event);
    if (entry) showSample(this.dashboard, entry);
  }
}

define("tfx-drift-run", DriftRun);
