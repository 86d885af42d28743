/** What the models use in general, and what they could do without, at the playhead. */

import { html, nothing } from "lit";
import { legendGradient } from "../../analysis/colours.ts";
import { epochText } from "../../analysis/epochs.ts";
import { commonestClass, gridOf, mostUsed, type OfClass } from "../../analysis/importance.ts";
import { plural, short } from "../../analysis/numbers.ts";
import { STANDING_GRADIENT } from "../../analysis/swarm.ts";
import { define } from "../frame/part.ts";
import { base } from "../frame/styles.ts";
import { dataStyles } from "./data-styles.ts";
import { dependenceFigures } from "./dependence.ts";
import { hidingCurve } from "./hiding-curve.ts";
import { dependentRuns, inputsOf, type RankedRun, rankedRuns } from "./importance-runs.ts";
import { importanceStyles } from "./importance-styles.ts";
import { FEW, importanceTable } from "./importance-table.ts";
import "./mean-importance.ts";
import { SizedView } from "./sized-view.ts";
import { swarmAxis, swarmFigure } from "./swarm.ts";
import { tellingWords } from "./telling-words.ts";
import { whoText } from "./who.ts";

export class ImportanceView extends SizedView {
  static override styles = [base, dataStyles, importanceStyles];

  private input = "";
  /** How many features are listed, where more than the first are wanted. */
  private most = 0;
  /** How wide the part is that shows rows. */
  private across = 0;

  override render() {
    const inputs = inputsOf(this.runs, ["importance", "dependence"]);
    const input = inputs.find((one) => one === this.input) ?? inputs[0] ?? "";
    const runs = rankedRuns(this.dashboard, this.runs, input);
    const dependent = dependentRuns(this.dashboard, this.runs, input);
    const [first] = runs;
    if (!first && dependent.length === 0) {
      return html`<p class="muted">None was measured until this epoch.</p>`;
    }
    const classes = [...new Set(runs.flatMap(({ record }) => [...record.classes]))];
    const ofClass = classes.find((one) => one === this.dashboard.view.ranked);
    return html`
      <div class="top">
        <div class="headlines">
          ${runs.map((one) => headline(one, ofClass))}
          ${factsTexts(runs).map((text) => html`<p class="muted">${text}</p>`)}
        </div>
        <div class="controls" data-screen>
          ${inputs.length > 1 ? this.inputChoice(inputs, input) : nothing}
          ${first && classes.length > 1 ? this.classChoice(classes, ofClass, first) : nothing}
        </div>
      </div>
      ${first ? this.ranked(runs, first, ofClass) : nothing}
      <div class="dependence">
        ${dependenceFigures(
          this.dashboard,
          dependent,
          ofClass ?? (first && commonestClass(first.record)),
          this.room.width - 32,
        )}
      </div>
    `;
  }

  private ranked(runs: readonly RankedRun[], first: RankedRun, ofClass: OfClass) {
    const size = { width: Math.min(560, this.room.width - 40), height: 250 };
    return html`<div class="parts ${first.record.feature}">
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
        ${first.leftOut.map(([what, why]) => html`<p class="muted">Without ${what}: ${why}</p>`)}
      </section>
      <div class="rows">${this.rows(runs, ofClass)}</div>
      <div class="hiding">${hidingCurve(this.dashboard, runs, size)}</div>
    </div>`;
  }

  override updated(): void {
    super.updated();
    const across = this.find(".rows")?.clientWidth ?? 0;
    if (across === this.across) return;
    this.across = across;
    this.requestUpdate();
  }

  private inputChoice(inputs: readonly string[], input: string) {
    const choose = ({ target }: Event): void => {
      this.input = (target as HTMLSelectElement).value;
      this.most = 0;
      this.requestUpdate();
    };
    return html`<label>
      Input
      <select aria-label="Input" @change=${choose}>
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
      <select aria-label="Rows of class" @change=${choose}>
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
    if (feature === "word") return tellingWords(runs, ofClass);
    if (feature === "place") return this.maps(runs, ofClass);
    return html`${runs.map((one) => this.swarm(one, runs, ofClass))}`;
  }

  private swarm(one: RankedRun, runs: readonly RankedRun[], ofClass: OfClass) {
    const { record, classText, run } = one;
    if (record.dotFeatures.length === 0) return nothing;
    // Over rows of several classes, what speaks for one and against another would be mixed.
    const shown = ofClass ?? commonestClass(record);
    const rows = [...record.rowLabels].filter((label) => label === shown).length;
    const of = shown === undefined ? "what is predicted" : classText(shown);
    const x = swarmAxis(
      runs.map((other) => other.record),
      shown,
    );
    return html`<section>
      <h2>Which values speak for ${of}${runs.length > 1 ? html` ${whoText(run)}` : nothing}</h2>
      <p class="muted">
        ${
          shown === undefined
            ? "A dot a row; right of the line it raises the output."
            : `A dot for each of ${plural(rows, "row")} of ${classText(shown)}; right of the line it speaks for it.`
        }
        ${
          shown !== undefined && ofClass === undefined
            ? html`<span data-screen>Other classes are chosen above.</span>`
            : nothing
        }
        Its value:
        <span class="scale">low <span class="ramp" style="background: ${STANDING_GRADIENT}"></span> high</span>
      </p>
      ${swarmFigure(this.dashboard, one, { ofClass: shown, most: Math.max(FEW, this.most), x, width: Math.max(280, this.across) })}
    </section>`;
  }

  private maps(runs: readonly RankedRun[], ofClass: OfClass) {
    const grids = runs.map(({ record }) => gridOf(record, ofClass));
    const limit = Math.max(...grids.flatMap(({ data }) => [...data].filter(Number.isFinite)), 0);
    const mean = runs.find(({ record }) => record.mean)?.record.mean;
    const count = runs.length + (mean ? 1 : 0);
    const size = Math.floor(Math.min(240, Math.max(120, this.across / count - 16)));
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
  const { verb, what, rest } = mostUsed(record, ofClass);
  return html`<p>${whoText(run)} ${verb} <b>${what}</b>${whose}${rest}</p>`;
}

/** Of what that was computed; with names where runs differ in it. */
function factsTexts(runs: readonly RankedRun[]): string[] {
  if (runs.length === 0) return [];
  const facts = runs.map(
    ({ record: { explainer, rows }, step }) =>
      `mean |${explainer}| of ${plural(rows, "row")}, epoch ${epochText(step)}`,
  );
  const isOne = new Set(facts).size === 1;
  const said = isOne ? facts.slice(0, 1) : facts.map((one, i) => `${runs[i]?.run.name}: ${one}`);
  return [`${said.join("; ")}. Thin lines are 95% intervals`];
}

define("tfx-importance", ImportanceView);
