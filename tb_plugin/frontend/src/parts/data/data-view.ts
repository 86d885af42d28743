/** The view of the validation rows: who is right, who is hard, at the playhead. */

import { css, html, nothing } from "lit";
import { epochText } from "../../analysis/epochs.ts";
import { shareText, valueText } from "../../analysis/estimates.ts";
import type { Evaluation } from "../../analysis/evaluation.ts";
import { plural } from "../../analysis/numbers.ts";
import "../../format/general.ts";
import type { Dashboard } from "../../state/dashboard.ts";
import type { ShownRun } from "../../state/runs.ts";
import { withRows } from "../../state/scene.ts";
import type { DataTab } from "../../state/view.ts";
import { define, Part } from "../frame/part.ts";
import { base } from "../frame/styles.ts";
import { tabList, tabStyles } from "../frame/tabs.ts";
import "./calibration-view.ts";
import "./classes-view.ts";
import "./curves-view.ts";
import { dataStyles } from "./data-styles.ts";
import "./clusters-view.ts";
import { comparedRuns, type EvaluatedRun, evaluatedRuns } from "./evaluated.ts";
import "./groups-view.ts";
import "./importance-view.ts";
import { isComing, placesOf } from "./recorded.ts";
import "./robustness-view.ts";
import "./rows-view.ts";
import "./simple-models-view.ts";
import "./values-view.ts";
import { whoText } from "./who.ts";

interface TabEntry {
  readonly text: string;
  readonly title: string;
  readonly isThere: (one: EvaluatedRun) => boolean;
  /** Of what is read from records; else it follows from evaluations. */
  readonly kinds?: readonly string[];
  readonly render: (dashboard: Dashboard, runs: readonly EvaluatedRun[]) => unknown;
}

const TABS: Readonly<Record<DataTab, TabEntry>> = {
  classes: {
    text: "Classes",
    title: "Which classes are confused, and precision, recall and F1 of each",
    isThere: ofEvaluation(({ classes }) => classes.length > 0),
    render: (dashboard, runs) =>
      html`<tfx-classes .dashboard=${dashboard} .runs=${runs}></tfx-classes>`,
  },
  values: {
    text: "Values",
    title: "Predicted beside true values, residuals and errors",
    isThere: ofEvaluation(({ values }) => values !== undefined),
    render: (dashboard, runs) =>
      html`<tfx-values .dashboard=${dashboard} .runs=${runs}></tfx-values>`,
  },
  curves: {
    text: "Curves",
    title: "One class against the rest: ROC, precision and recall, gains, a threshold",
    isThere: ofEvaluation(({ curves }) => curves.length > 0),
    render: (dashboard, runs) =>
      html`<tfx-curves .dashboard=${dashboard} .runs=${runs}></tfx-curves>`,
  },
  calibration: {
    text: "Calibration",
    title: "Whether probabilities can be believed",
    isThere: ofEvaluation(({ calibration }) => calibration !== undefined),
    render: (dashboard, runs) =>
      html`<tfx-calibration .dashboard=${dashboard} .runs=${runs}></tfx-calibration>`,
  },
  rows: {
    text: "Data map",
    title: "Which rows are easy, ambiguous or hard, and whose label may be wrong",
    isThere: ofEvaluation(({ rows }) => rows.length > 0),
    render: (dashboard, runs) =>
      html`<tfx-data-map .dashboard=${dashboard} .runs=${runs}></tfx-data-map>`,
  },
  groups: {
    text: "Groups",
    title: "Whether the model is as good for every group of rows",
    isThere: ofEvaluation(({ groups }) => groups.length > 0),
    render: (dashboard, runs) =>
      html`<tfx-groups .dashboard=${dashboard} .runs=${runs}></tfx-groups>`,
  },
  importance: {
    text: "Importance",
    title: "What the model uses in general, and what it could do without",
    ...ofRecords(["importance", "dependence"]),
    render: (dashboard, runs) =>
      html`<tfx-importance .dashboard=${dashboard} .runs=${runs}></tfx-importance>`,
  },
  clusters: {
    text: "Clusters",
    title: "Which rows of a class are explained alike: the model's strategies",
    ...ofRecords(["clusters"]),
    render: (dashboard, runs) =>
      html`<tfx-clusters .dashboard=${dashboard} .runs=${runs}></tfx-clusters>`,
  },
  simple: {
    text: "Simple models",
    title: "What a linear model and a small tree can say of the network",
    ...ofRecords(["simple"]),
    render: (dashboard, runs) =>
      html`<tfx-simple-models .dashboard=${dashboard} .runs=${runs}></tfx-simple-models>`,
  },
  robustness: {
    text: "Robustness",
    title: "How small a step along the sign of the loss's gradient flips predictions",
    ...ofRecords(["robustness"]),
    render: (dashboard, runs) =>
      html`<tfx-robustness .dashboard=${dashboard} .runs=${runs}></tfx-robustness>`,
  },
};

/** Whether a run is evaluated, and its evaluation has something to show. */
function ofEvaluation(hasSome: (evaluation: Evaluation) => boolean): TabEntry["isThere"] {
  return ({ evaluation }) => evaluation !== undefined && hasSome(evaluation);
}

/** Whether a run has records of these kinds. */
function ofRecords(kinds: readonly string[]): Pick<TabEntry, "isThere" | "kinds"> {
  return { kinds, isThere: ({ run }) => placesOf(run, kinds).length > 0 };
}

export class RowsView extends Part {
  static override styles = [
    base,
    dataStyles,
    tabStyles,
    css`
      :host {
        display: flex;
        flex-direction: column;
        min-height: 0;
        height: 100%;
        background: var(--panel);
      }
      header {
        display: flex;
        flex-wrap: wrap;
        align-items: center;
        gap: 2px 20px;
        padding: 0 16px;
        border-bottom: 1px solid var(--line);
        min-height: 34px;
        flex: none;
      }
      .totals {
        display: flex;
        flex-wrap: wrap;
        gap: 2px 20px;
        margin-left: auto;
        font-size: 12px;
        line-height: 20px;
      }
      .other {
        color: var(--warn);
      }
      .body {
        flex: 1;
        min-height: 0;
        display: grid;
        grid-template: minmax(0, 1fr) / minmax(0, 1fr);
      }
      .body[aria-busy="true"] {
        opacity: 0.6;
      }
      .empty {
        padding: 16px;
        color: var(--muted);
      }
    `,
  ];

  private readonly onSeek = (): void => this.requestUpdate();

  override connectedCallback(): void {
    super.connectedCallback();
    this.dashboard.addEventListener("seek", this.onSeek);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.dashboard.removeEventListener("seek", this.onSeek);
  }

  override render() {
    const { dashboard } = this;
    const all = withRows(dashboard.scene);
    const runs = evaluatedRuns(dashboard, comparedRuns(dashboard));
    const there = (Object.entries(TABS) as [DataTab, TabEntry][]).filter(([, { isThere }]) =>
      runs.some(isThere),
    );
    const chosen = there.find(([name]) => name === dashboard.view.data);
    // What evaluations have to show is not known before the first of them.
    const isOpen =
      dashboard.store.evaluations.busy &&
      runs.some(({ run, evaluation }) => run.predictions && !evaluation);
    const [tab, entry] = chosen ?? (isOpen ? [] : there[0]) ?? [];
    return html`<header>
        ${tabList(
          "Validation rows",
          there.map(([name, { text, title }]) => ({ name, text, title })),
          tab,
          (name) => dashboard.update({ data: name }),
        )}
        ${all.length > runs.length ? this.choosers(all, runs) : nothing}
        <div class="totals">
          ${areOtherRows(runs) ? html`<span class="other">of different rows</span>` : nothing}
          ${runs.some(({ run }) => run.predictions) ? runs.map((one) => totalsOf(one)) : nothing}
        </div>
      </header>
      ${
        tab && entry
          ? html`<div
              class="body"
              id="body"
              role="tabpanel"
              aria-labelledby="tab-${tab}"
              aria-busy=${runs.some((one) => isBusy(dashboard, entry, one))}
            >
              ${entry.render(dashboard, runs)}
            </div>`
          : this.none(runs)
      }`;
  }

  private none(runs: readonly EvaluatedRun[]) {
    const isLoading = runs.some((run) => run.isLoading);
    const text =
      runs.length === 0
        ? "Nothing is known of the validation rows of the shown runs."
        : runs.map(({ run, why }) => `${run.name}: ${why}`).join("; ");
    return html`<p class="empty" aria-busy=${isLoading}>${text}</p>`;
  }

  /** Which two of more runs stand beside each other. */
  private choosers(all: readonly ShownRun[], runs: readonly EvaluatedRun[]) {
    const ids = runs.map(({ run }) => run.id);
    const choose = (place: number, id: string): void => {
      const difference = ids.map((own, i) => (i === place ? id : own === id ? ids[place] : own));
      this.dashboard.update({ difference: difference.map((own) => own ?? id) });
    };
    return html`<span data-screen>
      ${ids.map(
        (id, place) => html`<select
          aria-label=${place === 0 ? "First run" : "Second run"}
          @change=${(event: Event) => choose(place, (event.target as HTMLSelectElement).value)}
        >
          ${all.map(
            (run) => html`<option value=${run.id} ?selected=${run.id === id}>${run.name}</option>`,
          )}
        </select>`,
      )}
      <span class="muted">2 of ${plural(all.length, "run")}</span>
    </span>`;
  }
}

/** Whether what a tab shows of a run is on its way. */
function isBusy(dashboard: Dashboard, { kinds }: TabEntry, one: EvaluatedRun): boolean {
  return kinds ? isComing(dashboard, one.run, kinds) : one.isLoading;
}

/** Whether two runs were evaluated on other rows, of which no difference tells much. */
function areOtherRows(runs: readonly EvaluatedRun[]): boolean {
  const [a, b] = runs.map(({ evaluation }) => evaluation?.rows);
  if (!a?.length || !b?.length) return false;
  return a.length !== b.length || a.some(({ hash }, i) => hash !== b[i]?.hash);
}

const INTERVAL = "with its 95% interval";

/** `accuracy 91.2% [88.7–93.2], 599 of 599 validation rows, epoch 5`. */
function totalsOf({ run, evaluation, step, why }: EvaluatedRun) {
  const { accuracy, counted = 0, total = 0, several, arePixels, values } = evaluation ?? {};
  const [score] = values?.scores ?? [];
  const rows = `${counted} of ${plural(total, "validation row")}`;
  const right = several ? "all labels right" : arePixels ? "pixel accuracy" : "accuracy";
  return html`<span class="total">
    ${whoText(run)}
    ${accuracy ? html`<b title=${INTERVAL}>${right} ${shareText(accuracy)}</b>` : nothing}
    ${score ? html`<b title=${INTERVAL}>${score[0]} ${valueText(score[1])}</b>` : nothing}
    <span class="muted">${evaluation ? `${rows}, epoch ${epochText(step ?? 0)}` : why}</span>
  </span>`;
}

define("tfx-data", RowsView);
