/** Of a sample with maps of two classes: the one, the other, or their difference. */

import { css, html, nothing } from "lit";
import { className } from "../../analysis/filters.ts";
import {
  CLASS_CHOICES,
  type ClassChoice,
  choiceNames,
  pairsOf,
} from "../../analysis/two-classes.ts";
import type { Dashboard } from "../../state/dashboard.ts";
import { twoClassSeries } from "../../state/shown-classes.ts";
import { define, PaintedPart, setText } from "../frame/part.ts";
import { base } from "../frame/styles.ts";

const TITLES: Readonly<Record<ClassChoice, (first: string, other: string) => string>> = {
  explained: (first) => `The maps of ${first}, the explained class`,
  other: (_, other) => `The maps of ${other}, the other one of the true and the predicted class`,
  difference: (first, other) =>
    `The difference of the two maps: red where that of ${first} is larger, blue where that of ${other} is (or the colours chosen for signs)`,
};

export class ClassChooser extends PaintedPart {
  static override properties = { sample: { type: Number } };
  static override styles = [
    base,
    css`
      :host {
        display: block;
        min-width: 0;
        margin-top: 8px;
        font-size: 12px;
      }
      :host([row]) {
        display: flex;
        align-items: center;
        gap: 6px;
        margin-top: 0;
      }
      .segments {
        display: flex;
        flex-wrap: wrap;
        font-size: 12px;
        line-height: 17px;
      }
      .segments label {
        flex: 1 1 auto;
        max-width: 100%;
        padding: 2px 6px;
        text-align: center;
        overflow: hidden;
        text-overflow: ellipsis;
      }
    `,
  ];
  declare sample: number;

  override render() {
    const { dashboard, sample } = this;
    if (twoClassSeries(dashboard, sample).length === 0) return nothing;
    return html`<span class="muted">maps of</span>
      <div class="segments" role="radiogroup" aria-label="Class of the maps of sample ${sample}">
      ${CLASS_CHOICES.map(
        (choice) => html`<label class=${choice}
          ><input
            type="radio"
            name="classes"
            .checked=${dashboard.view.classes === choice}
            @change=${() => dashboard.update({ classes: choice })}
          /><span></span
        ></label>`,
      )}
    </div>`;
  }

  /** The other class may be another one at each epoch. */
  paint(): void {
    const { dashboard, sample } = this;
    const { step, revision } = dashboard;
    if (!this.find(".segments") || !this.isNew(step, revision)) return;
    const names = namesOf(dashboard, sample, step);
    this.write(() => {
      for (const choice of CLASS_CHOICES) {
        const label = this.find(`.${choice}`);
        setText(this.find(`.${choice} span`), names[choice]);
        label?.setAttribute("title", TITLES[choice](names.explained, names.other));
      }
    });
  }
}

/** Which class each end of the colours of a difference speaks for, at the playhead. */
export class ClassEnds extends PaintedPart {
  static override properties = { sample: { type: Number } };
  static override styles = [
    base,
    css`
      :host {
        display: flex;
        justify-content: space-between;
        gap: 8px;
        font-size: 11px;
        line-height: 15px;
        color: var(--muted);
      }
    `,
  ];
  declare sample: number;

  override render() {
    return html`<span class="cut low"></span><span class="cut high"></span>`;
  }

  paint(): void {
    const { step, revision } = this.dashboard;
    if (!this.isNew(step, revision)) return;
    const { explained, other } = namesOf(this.dashboard, this.sample, step);
    this.write(() => {
      this.tell(".low", `← ${other}`, `larger for ${other}`);
      this.tell(".high", `${explained} →`, `larger for ${explained}`);
    });
  }

  private tell(end: string, text: string, title: string): void {
    setText(this.find(end), text);
    this.find(end)?.setAttribute("title", title);
  }
}

/** What the choices are called: at an epoch that has any, else over all of them. */
function namesOf(dashboard: Dashboard, sample: number, step?: number) {
  const { samples } = dashboard.scene.shown.find((run) => run.samples) ?? {};
  const series = twoClassSeries(dashboard, sample);
  const now = pairsOf(series, step);
  const pairs = now.length > 0 ? now : pairsOf(series);
  return choiceNames(pairs, (index) => className(samples, index));
}

define("tfx-class-choice", ClassChooser);
define("tfx-class-ends", ClassEnds);
