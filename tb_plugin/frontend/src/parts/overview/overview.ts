/** The first view: what was found, where the label lives, and all samples at a glance. */

import { css, html, nothing } from "lit";
import { isTeacher } from "../../state/runs.ts";
import { Later } from "../frame/later.ts";
import { define, Part } from "../frame/part.ts";
import { base } from "../frame/styles.ts";
import "./box-fields.ts";
import "./mean-maps.ts";
import "./findings-strip.ts";
import { exchangedInput, hasPlace } from "./exchange-records.ts";
import "./wall.ts";

const EXCHANGE = new Later("Where the label lives", () => import("./exchange-panel.ts"));
const TEACHER_LINE = new Later("The line of students", () => import("./teacher-line.ts"));

/** Of the mean of the maps, where it stands above the samples. */
const MEAN_SIZE = 96;
const MEAN_COLUMN = 190;

export class Overview extends Part {
  static override styles = [
    base,
    css`
      :host {
        display: flex;
        flex-direction: column;
        min-height: 0;
        overflow: auto;
        container-type: inline-size;
      }
      .body {
        flex: 1;
        display: grid;
        grid-template: minmax(0, 1fr) / auto minmax(300px, 1fr);
        min-height: 0;
      }
      .body.alone {
        grid-template: auto minmax(0, 1fr) / minmax(0, 1fr);
      }
      .places {
        min-width: 0;
        overflow: auto;
      }
      .alone > .places {
        padding: 8px 16px 0;
        display: grid;
        gap: 8px;
      }
      .none {
        padding: 8px 16px 0;
      }
      tfx-wall {
        border-left: 1px solid var(--line);
      }
      .alone > tfx-wall {
        border-left: 0;
      }
      @container (max-width: 1100px) {
        .body {
          display: flex;
          flex-direction: column;
        }
        .places {
          flex: none;
          overflow: visible;
        }
        tfx-wall {
          border-left: 0;
          border-top: 1px solid var(--line);
          flex: 1;
          min-height: 160px;
        }
      }
    `,
  ];

  override render() {
    const { dashboard } = this;
    const isExchanged = exchangedInput(dashboard) !== undefined;
    const isPlace = hasPlace(dashboard);
    const fields = html`<tfx-box-fields data-screen .dashboard=${dashboard}></tfx-box-fields>`;
    return html`
      <tfx-findings data-screen .dashboard=${dashboard}></tfx-findings>
      ${
        dashboard.scene.shown.some(isTeacher) && TEACHER_LINE.get(this)
          ? html`<tfx-teacher-line .dashboard=${dashboard}></tfx-teacher-line>`
          : nothing
      }
      ${
        isExchanged && !isPlace
          ? html`<p class="none muted">
            Where the label lives: no place is followed more often than by chance.
          </p>`
          : nothing
      }
      <div class="body ${isPlace ? "" : "alone"}">
        <div class="places">
          ${
            isPlace
              ? EXCHANGE.render(
                  this,
                  () => html`<tfx-exchange .dashboard=${dashboard}>${fields}</tfx-exchange>`,
                )
              : html`${fields}
                <tfx-mean-maps .dashboard=${dashboard} .size=${MEAN_SIZE} .column=${MEAN_COLUMN}>
                </tfx-mean-maps>`
          }
        </div>
        ${dashboard.scene.evidence ? html`<tfx-wall .dashboard=${dashboard}></tfx-wall>` : nothing}
      </div>
    `;
  }
}

define("tfx-overview", Overview);
