/** The view of samples: which there are, and the maps of the chosen ones, or one map enlarged. */

import { css, html } from "lit";
import { isEnlarged } from "../../state/opened.ts";
import { Later } from "../frame/later.ts";
import { define, Part } from "../frame/part.ts";
import { base } from "../frame/styles.ts";

const maps = new Later("The maps of samples", () => import("./maps.ts"));
const enlarged = new Later("The enlarged map", () => import("./enlarged.ts"));

export class SamplesView extends Part {
  static override styles = [
    base,
    css`
      :host {
        display: grid;
        grid-template: minmax(0, 1fr) / 236px minmax(0, 1fr);
        min-height: 0;
      }
      :host([enlarged]) {
        grid-template-columns: minmax(0, 1fr);
      }
      @media (max-width: 1100px) {
        :host(:not([enlarged])) {
          grid-template-columns: 212px minmax(0, 1fr);
        }
      }
      .empty {
        grid-column: 1 / -1;
        padding: 16px;
        color: var(--muted);
      }
      tfx-samples {
        border-right: 1px solid var(--line);
      }
    `,
  ];

  override render() {
    const { dashboard } = this;
    if (isEnlarged(dashboard)) {
      return enlarged.render(
        this,
        () => html`<tfx-enlarged .dashboard=${dashboard}></tfx-enlarged>`,
      );
    }
    return maps.render(
      this,
      () => html`<tfx-samples data-screen .dashboard=${dashboard}></tfx-samples>
        <tfx-grid .dashboard=${dashboard}></tfx-grid>`,
    );
  }

  override updated(): void {
    this.toggleAttribute("enlarged", isEnlarged(this.dashboard));
  }
}

define("tfx-samples-view", SamplesView);
