/** What one run predicts for one sample at the playhead's epoch. */

import { css, html } from "lit";
import {
  className,
  classNames,
  confidence,
  predictedSet,
  type Verdict,
  verdict,
} from "../../analysis/filters.ts";
import { briefOrigin, originText } from "../../analysis/moments.ts";
import { percent, short } from "../../analysis/numbers.ts";
import { isSameSample, lacks } from "../../analysis/same-samples.ts";
import { type Known, partsOf } from "../../data/series.ts";
import type { Predictions } from "../../format/records.ts";
import type { ShownRun } from "../../state/runs.ts";
import { define, PaintedPart, setText } from "../frame/part.ts";
import { base } from "../frame/styles.ts";

const MARKS = { right: "✓", wrong: "✗", unknown: "" } as const;
const SPOKEN = { right: "right", wrong: "wrong", unknown: "" } as const;

export class Prediction extends PaintedPart {
  static override properties = {
    run: { attribute: false },
    sample: { type: Number },
  };
  static override styles = [
    base,
    css`
      :host {
        display: flex;
        contain: layout style;
        align-items: center;
        gap: 5px;
        font-size: 12px;
        line-height: 17px;
        min-width: 0;
      }
      :host([plain]) .dot {
        display: none;
      }
      .dot {
        width: 7px;
        height: 7px;
      }
      .number {
        margin-left: auto;
        color: var(--muted);
        white-space: nowrap;
      }
      .old {
        font-size: 11px;
        color: var(--muted);
        white-space: nowrap;
      }
      :host([other]) .class {
        color: var(--warn);
      }
      /* In a list the epoch stands where the number would, in the grid below it. */
      :host([old]:not([plain])) .number,
      :host(:not([old])) .old {
        display: none;
      }
      :host([old]:not([plain])) .old {
        margin-left: auto;
      }
      :host([plain]) {
        display: grid;
        grid-template-columns: minmax(0, 1fr) auto 1em;
        align-items: start;
      }
      /* Several labels are all to be read. */
      :host([plain]) .class {
        display: -webkit-box;
        -webkit-box-orient: vertical;
        -webkit-line-clamp: 4;
        white-space: normal;
        overflow-wrap: anywhere;
      }
      :host([plain]) .old {
        grid-area: 2 / 1 / 3 / 4;
        white-space: normal;
        line-height: 14px;
      }
      .mark {
        width: 1em;
        text-align: center;
        font-weight: 600;
        flex: none;
      }
      .right {
        color: var(--good);
      }
      .wrong {
        color: var(--bad);
      }
    `,
  ];
  declare run: ShownRun;
  declare sample: number;

  override render() {
    return html`
      <span class="dot" style="background: ${this.run.colour}" title=${this.run.name}></span>
      <span class="hidden">${this.run.name} predicts</span>
      <span class="class cut"></span><span class="number"></span
      ><span class="old"></span><span class="mark" aria-hidden="true"></span><span class="spoken hidden"></span>
    `;
  }

  /** In a list all runs stand under the first one's sample; in the grid each has its own input. */
  private get isOther(): boolean {
    if (this.hasAttribute("plain")) return false;
    const [first] = this.dashboard.scene.shown;
    return isSameSample(first?.samples, this.run.samples, this.sample) === false;
  }

  paint(): void {
    const known = this.dashboard.predictions(this.run.id);
    if (this.isNew(...partsOf(known))) this.write(() => this.tellAll(known));
  }

  private tellAll(known: Known<Predictions>): void {
    const { isOther } = this;
    this.toggleAttribute("other", isOther);
    if (isOther) this.tell("another sample", "", "", "unknown");
    else if (lacks(this.run.samples, this.sample)) this.tell("not explained", "", "", "unknown");
    else this.tellKnown(known);
  }

  private tellKnown(known: Known<Predictions>): void {
    const { samples } = this.run;
    const { record } = known;
    if (!record) {
      this.tell("–", "", "", "unknown");
      return;
    }
    const predicted = record.predicted[this.sample] ?? -1;
    const several = predictedSet(record, this.sample);
    const name = predicted >= 0 ? className(samples, predicted) : "output";
    const text = several ? classNames(samples, several) || "no label" : name;
    const outcome = verdict(samples, record, this.sample);
    this.tell(text, numberText(record, this.sample), this.originOf(known), outcome);
  }

  /** In the grid there is a line for it. */
  private originOf(known: Known<Predictions>): string {
    return this.hasAttribute("plain") ? originText(known) : briefOrigin(known);
  }

  private tell(name: string, number: string, from: string, outcome: Verdict): void {
    setText(this.find(".class"), name);
    this.find(".class")?.setAttribute("title", name);
    setText(this.find(".number"), number);
    this.toggleAttribute("old", from !== "");
    setText(this.find(".old"), from);
    const mark = this.find(".mark");
    setText(mark, MARKS[outcome]);
    if (mark) mark.className = `mark ${outcome}`;
    setText(this.find(".spoken"), SPOKEN[outcome]);
  }
}

function numberText(predictions: Predictions, sample: number): string {
  const value = confidence(predictions, sample);
  return predictions.activation === "none" ? short(value) : percent(value);
}

define("tfx-prediction", Prediction);
