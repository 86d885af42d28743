/** What the models use in general, and what they could do without, at the playhead. */

import { html, nothing } from "lit";
import { legendGradient } from "../../analysis/colours.ts";
import { epochText } from "../../analysis/epochs.ts";
import { gridOf, mostUsed, type OfClass } from "../../analysis/importance.ts";
import { plural, short } from "../../analysis/numbers.ts";
import { STANDING_GRADIENT } from "../../analysis/swarm.ts";
import { define } from "../frame/part.ts";
import { base } from "../frame/styles.ts";
import { dataStyles } from "./data-styles.ts";
import { hidingCurve } from "./hiding-curve.ts";
import { inputsOf, type RankedRun, rankedRuns } from "./importance-runs.ts";
import { importanceStyles } from "./importance-styles.ts";
import { importanceTable } from "./importance-table.ts";
import "./mean-importance.ts";
import { SizedView } from "./sized-view.ts";
import { swarmAxis, swarmFigure } from "./swarm.ts";
import { tellingWords } from "./telling-words.ts";
import { whoText } from "./who.ts";

/** From this width on, what shows the rows stands beside the list. */
const BESIDE = 1100;
const GAP = 28;

export class ImportanceView extends SizedView {
  static override styles = [base, dataStyles, importanceStyles];

  private input = "";
  /** How many features are listed, where more than the first are wanted. */
  private most = 0;

  override render() {
    const inputs = inputsOf(this.runs, ["importance"]);
    const input = inputs.find((one) => one === this.input) ?? inputs[0] ?? "";
    const runs = rankedRuns(this.dashboard, this.runs, input);
    const [first] = runs;
    if (!first) return html`<p class="muted">None was measured until this epoch.</p>`;
    const classes = [...new Set(runs.flatMap(({ record }) => [...record.classes]))];
    const ofClass = classes.find((one) => one === this.dashboard.view.ranked);
    const size = { width: Math.min(560, this.room.width - 40), height: 250 };
    return html`
      <div class="top">
        <div class="headlines">
          ${runs.map((one) => headline(one, ofClass))}
          ${[...new Set(runs.map(factsText))].map((text) => html`<p class="muted">${text}</p>`)}
        </div>
        <div class="controls" data-screen>
          ${inputs.length > 1 ? this.inputChoice(inputs, input) : nothing}
          ${classes.length > 1 ? this.classChoice(classes, ofClass, first) : nothing}
        </div>
      </div>
      <div class="parts ${first.record.feature}">
        <section class="list">
          <h2>What is used</h2>
          ${importanceTable(runs, {
            ofClass,
            most: this.most,
            list: (most) => {
              this.most = most;
              this.requestUpdate();
            },
            playhead: this.dashboard.step,
          })}
        </section>
        <div class="rows">${this.rows(runs, ofClass)}</div>
        <div class="hiding">${hidingCurve(this.dashboard, runs, size)}</div>
      </div>
    `;
  }

  private inputChoice(inputs: readonly string[], input: string) {
    const choose = ({ target }: Event): void => {
      this.input = (target as HTMLSelectElement).value;
      this.most = 0;
      this.requestUpdate();
    };
    return html`<label>
      Input
      <select @change=${choose}>
        ${inputs.map((one) => html`<option value=${one} ?selected=${one === input}>${one}</option>`)}
      </select>
    </label>`;
  }

  private classChoice(classes: readonly number[], ofClass: OfClass, { classText }: RankedRun) {
    const choose = ({ target }: Event): void => {
      const { value } = target as HTMLSelectElement;
      this.dashboard.update({ ranked: value === "" ? undefined : Number(value) });
    };
    return html`<label>
      Rows of class
      <select @change=${choose}>
        <option value="" ?selected=${ofClass === undefined}>all</option>
        ${classes.map(
          (one) =>
            html`<option value=${one} ?selected=${one === ofClass}>${classText(one)}</option>`,
        )}
      </select>
    </label>`;
  }

  /** What shows single rows, or where they lie. */
  private rows(runs: readonly RankedRun[], ofClass: OfClass) {
    const feature = runs[0]?.record.feature;
    if (feature === "word") return tellingWords(runs);
    if (feature === "place") return this.maps(runs, ofClass);
    const withDots = runs.filter(({ record }) => record.dotFeatures.length > 0);
    if (withDots.length === 0) return nothing;
    const { width } = this.room;
    const own = width >= BESIDE ? Math.min(720, width - 32 - 640 - GAP) : width - 36;
    const x = swarmAxis(withDots.map(({ record }) => record));
    return html`<section>
      <h2>Which values do what</h2>
      <p class="muted">
        a dot a row; right of the line it speaks for what is explained. Value of the row:
        <span class="scale">low <span class="ramp" style="background: ${STANDING_GRADIENT}"></span> high</span>
      </p>
      ${withDots.map(
        (one) => html`${runs.length > 1 ? html`<h3>${whoText(one.run)}</h3>` : nothing}
          ${swarmFigure(this.dashboard, one, ofClass, x, Math.max(300, own))}`,
      )}
    </section>`;
  }

  private maps(runs: readonly RankedRun[], ofClass: OfClass) {
    const grids = runs.map(({ record }) => gridOf(record, ofClass));
    const limit = Math.max(...grids.flatMap(({ data }) => [...data].filter(Number.isFinite)), 0);
    const mean = runs.find(({ record }) => record.mean)?.record.mean;
    const count = runs.length + (mean ? 1 : 0);
    const { width } = this.room;
    const room = width >= BESIDE ? width - 32 - 600 : width - 48;
    const size = Math.floor(Math.min(240, Math.max(140, room / count - 16)));
    const { unit } = runs[0]?.record ?? {};
    return html`<section>
      <h2>Where it looks</h2>
      <p class="muted">
        mean |attribution| of each place${unit ? `, ${unit}` : ""}:
        <span class="scale">0
          <span class="ramp" style="background: ${legendGradient(this.dashboard.view.sequential)}"></span>
          ${short(limit)}</span>
      </p>
      <div class="maps">
        ${
          mean
            ? html`<div>
                <h3>mean input</h3>
                <tfx-mean-importance
                  .dashboard=${this.dashboard}
                  .label=${"Mean of all inputs"}
                  .mean=${mean}
                  .size=${size}
                ></tfx-mean-importance>
              </div>`
            : nothing
        }
        ${runs.map(
          ({ run, record }, i) => html`<div>
            <h3>${whoText(run)}</h3>
            <tfx-mean-importance
              .dashboard=${this.dashboard}
              .label="Mean map of ${run.name}; the list has its numbers"
              .plane=${grids[i]}
              .mean=${record.mean}
              .limit=${limit}
              .size=${size}
            ></tfx-mean-importance>
          </div>`,
        )}
      </div>
    </section>`;
  }
}

/** In a sentence, what a run uses. */
function headline({ run, record, classText }: RankedRun, ofClass: OfClass) {
  const whose = ofClass === undefined ? "" : `, in rows of ${classText(ofClass)}`;
  const { verb, what } = mostUsed(record, ofClass);
  return html`<p>${whoText(run)} ${verb} <b>${what}</b>${whose}</p>`;
}

/** Of what that was computed. */
function factsText({ record: { explainer, rows }, step }: RankedRun): string {
  return `mean |${explainer}| of ${plural(rows, "row")}, epoch ${epochText(step)}; thin lines are 95% intervals`;
}

define("tfx-importance", ImportanceView);
