/** What explaining took, by explainer: at the playhead's epoch, on average, and of the training. */

import { html, nothing } from "lit";
import { type Costs, spentText } from "../../analysis/costs.ts";
import { epochText } from "../../analysis/epochs.ts";
import { percent, plural, seconds } from "../../analysis/numbers.ts";

/** `what` names the rows: which callback's work they are. */
export function costTable(costs: Costs | undefined, what: string) {
  if (!costs) return nothing;
  const { step, kept, rows, cost } = costs;
  return html`
    <h4>Cost of ${what}</h4>
    ${
      cost
        ? html`<p>
            ${spentText(cost)} Setting up before training, compiling included, took
            ${seconds(cost.setup)} and is not counted.
          </p>`
        : nothing
    }
    <table class="costs">
      <thead>
        <tr>
          <th scope="col">part</th>
          <th scope="col">epoch ${epochText(step)}</th>
          <th scope="col">mean of ${plural(kept, "epoch")}</th>
          ${cost ? html`<th scope="col">of training time</th>` : nothing}
        </tr>
      </thead>
      <tbody>
        ${rows.map(
          ({ name, now, mean, share }) => html`<tr>
            <th scope="row">${name}</th>
            <td>${now === undefined ? "–" : seconds(now)}</td>
            <td>${seconds(mean)}</td>
            ${share === undefined ? nothing : html`<td>${percent(share)}</td>`}
          </tr>`,
        )}
        ${
          cost
            ? html`<tr>
                <th scope="row">all, with writing</th>
                <td>–</td>
                <td>${seconds(cost.explaining / cost.explained)}</td>
                <td>${percent(cost.explaining / cost.training)}</td>
              </tr>`
            : nothing
        }
      </tbody>
    </table>
  `;
}
