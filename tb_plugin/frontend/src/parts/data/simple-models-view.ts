/** What a linear model and a small tree can say of the networks, at the playhead. */

import { css, html, nothing } from "lit";
import { epochText } from "../../analysis/epochs.ts";
import { plural, short } from "../../analysis/numbers.ts";
import {
  coefficientOf,
  constantText,
  explains,
  fidelityText,
  IMITATIONS,
  type Imitation,
  largestFeatures,
  measuredText,
} from "../../analysis/simple-models.ts";
import type { SimpleModels } from "../../format/simplified.ts";
import type { ShownRun } from "../../state/runs.ts";
import { define, Part } from "../frame/part.ts";
import { base } from "../frame/styles.ts";
import { dataStyles } from "./data-styles.ts";
import type { EvaluatedRun } from "./evaluated.ts";
import { importanceStyles } from "./importance-styles.ts";
import { recordedAt } from "./recorded.ts";
import { treeRules } from "./tree-rules.ts";
import { valueBar } from "./value-bar.ts";
import { whoText } from "./who.ts";

interface Imitated {
  readonly run: ShownRun;
  readonly record: SimpleModels;
  readonly step: number;
}

const MOST_FEATURES = 12;
const MODELS = [
  ["network", "network"],
  ["tree", "tree"],
  ["linear", "linear model"],
] as const;

export class SimpleModelsView extends Part {
  static override properties = { runs: { attribute: false } };
  static override styles = [
    base,
    dataStyles,
    importanceStyles,
    css`
      .networks {
        display: flex;
        flex-wrap: wrap;
        gap: 12px 40px;
        align-items: flex-start;
      }
      .network {
        flex: 1 1 460px;
        max-width: 720px;
        min-width: 0;
      }
      .nothing {
        color: var(--warn);
      }
      .told {
        font-size: 13px;
        max-width: none;
        margin: 2px 0;
      }
      h3,
      .linear h2 {
        margin-top: 10px;
      }
      .whose .muted {
        font-weight: 400;
      }
      .tree,
      .tree ul {
        list-style: none;
        margin: 0;
        padding: 0;
        font-size: 12px;
        line-height: 22px;
      }
      .tree ul {
        margin-left: 7px;
        padding-left: 14px;
        border-left: 1px solid var(--line);
      }
      .condition {
        display: inline-flex;
        gap: 4px;
        max-width: 260px;
        white-space: nowrap;
      }
      .answer {
        margin: 0 8px 0 6px;
      }
      .answer::before {
        content: "→ ";
        color: var(--muted);
        font-weight: 400;
      }
      .tree {
        max-width: 560px;
      }
      .end {
        display: flex;
        align-items: center;
        min-width: 0;
      }
      .room {
        flex: none;
        width: 140px;
        margin: 0 8px 0 auto;
      }
      .end .muted {
        flex: none;
        width: 120px;
      }
      .leaf {
        display: block;
        box-sizing: border-box;
        height: 9px;
        min-width: 2px;
        border: 1px solid;
      }
      .leaf span {
        display: block;
        height: 100%;
      }
    `,
  ];
  declare runs: readonly EvaluatedRun[];

  override render() {
    const all = this.runs.flatMap(({ run }): Imitated[] => {
      const { record, step } = recordedAt(this.dashboard, run, "simple");
      return record && step !== undefined ? [{ run, record, step }] : [];
    });
    if (all.length === 0) return html`<p class="muted">None was fitted until this epoch.</p>`;
    return html`<div class="networks">${all.map((one) => network(one))}</div>
      ${this.linear(all)}`;
  }

  /** The linear models of all runs, feature by feature. */
  private linear(all: readonly Imitated[]) {
    const some = all.filter(({ record }) => explains(record, "linear"));
    if (some.length === 0) return nothing;
    const named = new Map<number, string>();
    for (const { record } of some) {
      for (const [i, label] of record.classes.entries()) named.set(label, record.whose[i] ?? "");
    }
    const labels = [...named.keys()].sort((a, b) => a - b);
    const label = labels.find((one) => one === this.dashboard.view.ranked) ?? labels[0] ?? -1;
    const records = some.map(({ record }) => record);
    const names = largestFeatures(records, label, MOST_FEATURES);
    const values = names.flatMap((name) =>
      records.map((record) => coefficientOf(record, label, name)),
    );
    const most = Math.max(...values.map(Math.abs).filter(Number.isFinite), Number.MIN_VALUE);
    const { feature, total, isOfClasses } = records[0] as SimpleModels;
    const what = isOfClasses ? `logit of ${named.get(label) ?? ""}` : "value";
    return html`<section class="linear">
      <h2>Linear model</h2>
      <p class="muted">
        change of the ${what} for one standard deviation of a ${feature}${
          total > names.length ? `: the largest of ${total}` : nothing
        }
        ${labels.length > 1 ? this.classChoice(labels, label, named) : nothing}
      </p>
      <table aria-label="Coefficients of the linear model">
        <thead>
          <tr>
            <th scope="col">${feature}</th>
            ${some.map(({ run }) => html`<th scope="col">${whoText(run)}</th>`)}
          </tr>
        </thead>
        <tbody>
          ${names.map(
            (name) => html`<tr>
              <th scope="row"><span class="cut" title=${name}>${name}</span></th>
              ${some.map(({ run, record }) => {
                const value = coefficientOf(record, label, name);
                const bare = { value, low: Number.NaN, high: Number.NaN };
                return html`<td>${valueBar(bare, [-most, most], run.colour, short)}</td>`;
              })}
            </tr>`,
          )}
        </tbody>
      </table>
    </section>`;
  }

  private classChoice(
    labels: readonly number[],
    label: number,
    named: ReadonlyMap<number, string>,
  ) {
    const choose = ({ target }: Event): void =>
      this.dashboard.update({ ranked: Number((target as HTMLSelectElement).value) });
    return html`<select aria-label="Class" data-screen @change=${choose}>
      ${labels.map(
        (one) => html`<option value=${one} ?selected=${one === label}>${named.get(one)}</option>`,
      )}
    </select>`;
  }
}

function network({ run, record, step }: Imitated) {
  return html`<section class="network" data-network=${run.name}>
    <h2 class="whose">${whoText(run)} <span class="muted">epoch ${epochText(step)}</span></h2>
    ${(["tree", "linear"] as const).map((model) => sentence(record, model))}
    ${onLabels(record)}
    ${
      explains(record, "tree")
        ? html`<h3>Tree</h3>
            <p class="muted">
              a bar is as long as the share of the ${plural(record.rows, "held-out row")}${
                record.isOfClasses ? ", and filled as far as the network answers so" : nothing
              }
            </p>
            ${treeRules(record, run.colour)}`
        : nothing
    }
  </section>`;
}

/** `What a tree of depth 3 can say of this network: 83% [78–87] of its decisions; a constant answer 54%.` */
function sentence(record: SimpleModels, model: Imitation) {
  const explained = explains(record, model);
  return html`<p class="told" data-fidelity=${model}>
    What ${IMITATIONS[model]} can say of this network: <b>${fidelityText(record, model)}</b>; a
    constant answer
    ${constantText(record)}${
      explained ? "." : html`: <span class="nothing">it explains nothing.</span>`
    }
  </p>`;
}

function onLabels({ onLabels: known, isOfClasses }: SimpleModels) {
  if (!Number.isFinite(known.network.value)) return nothing;
  const told = MODELS.map(
    ([name, text]) => `${text} ${measuredText(known[name], isOfClasses)}`,
  ).join(", ");
  return html`<p class="muted">${isOfClasses ? "Accuracy" : "R2"} on the labels: ${told}</p>`;
}

define("tfx-simple-models", SimpleModelsView);
