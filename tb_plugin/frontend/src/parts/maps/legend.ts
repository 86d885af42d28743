/** The head of one column: what is shown, and what its colours stand for. */

import { css, html, nothing } from "lit";
import { legendGradient } from "../../analysis/colours.ts";
import { belongs } from "../../analysis/kernels.ts";
import type { Column } from "../../state/columns.ts";
import { loggedLayer } from "../../state/same-layers.ts";
import { isDifference } from "../../state/shown-classes.ts";
import { Later } from "../frame/later.ts";
import { define, Part } from "../frame/part.ts";
import { base } from "../frame/styles.ts";
import "./class-choice.ts";
import { type LegendText, legendText } from "./legend-text.ts";

const SCOPE_TITLES = {
  sample: "One scale for a sample, over the shown runs and their epochs",
  all: "One scale for all samples, over the shown runs and their epochs",
  map: "Each map has a scale of its own",
} as const;

const help = new Later("What the method answers", () => import("./column-help.ts"));

export class Legend extends Part {
  static override properties = { column: { attribute: false }, sample: { type: Number } };
  static override styles = [
    base,
    css`
      :host {
        display: block;
        min-width: 0;
      }
      .name {
        display: flex;
        align-items: center;
        gap: 6px;
      }
      h2 {
        font-size: 13px;
        font-weight: 600;
      }
      .layer {
        font-size: 12px;
      }
      button.layer {
        border: 0;
        border-radius: 3px;
        background: none;
        padding: 0 4px;
        margin-left: -4px;
        color: var(--muted);
        text-decoration: underline dotted;
        text-underline-offset: 2px;
      }
      button.layer:hover,
      button.layer[aria-pressed="true"] {
        color: var(--accent);
      }
      button.layer[aria-pressed="true"] {
        background: var(--accent-soft);
      }
      .bar {
        height: 8px;
        border-radius: 2px;
        margin-top: 4px;
        border: 1px solid var(--line);
      }
      .scope {
        font-size: 11px;
        line-height: 15px;
        color: var(--muted);
      }
      /* What the bar looks like. */
      .level i {
        display: inline-block;
        width: 5px;
        height: 11px;
        margin-right: 6px;
        vertical-align: -1px;
        background: linear-gradient(var(--line) 45%, var(--muted) 45%);
      }
      .ends {
        display: flex;
        justify-content: space-between;
        font-size: 11px;
        line-height: 15px;
        color: var(--muted);
        white-space: nowrap;
      }
      .help {
        margin-left: auto;
      }
      [popover] {
        max-width: 340px;
        border: 1px solid var(--line);
        border-radius: 8px;
        background: var(--panel);
        color: var(--text);
        padding: 12px 14px;
        box-shadow: 0 6px 24px rgb(0 0 0 / 22%);
      }
    `,
  ];
  declare column: Column;
  /** Of the maps below, where they are of one. */
  declare sample: number | undefined;

  /** Whether help was asked for. */
  private isHelping = false;

  private showHelp(): void {
    this.isHelping = true;
    this.requestUpdate();
  }

  override render() {
    const { explainer, layer, kind, signed } = this.column;
    const { view } = this.dashboard;
    const ramp = legendGradient(signed ? view.diverging : view.sequential);
    const { ends, scope } = this.text;
    return html`
      <div class="name">
        <h2 title=${explainer}>${explainer}</h2>
        ${this.layer(layer)}
        <button
          class="help"
          popovertarget="help"
          aria-label="About ${explainer}"
          title="What ${explainer} answers, and how to read it"
        >
          ?
        </button>
      </div>
      ${
        kind === "picture"
          ? html`<div class="ends"><span>a picture, as it was made</span></div>`
          : html`<div
                class="bar"
                style="background: ${ramp}"
                role="img"
                aria-label="Colour scale, ${scope}: ${ends.join(" to ")}"
              ></div>
              <div class="ends">${ends.map((end) => html`<span>${end}</span>`)}</div>
              ${this.classEnds}
              <div class="scope cut" title=${SCOPE_TITLES[view.scale]}>${scope}</div>
              ${this.wordNote} ${kind === "map" ? LEVEL : nothing}`
      }
      <div id="help" popover @beforetoggle=${this.showHelp}>
        ${
          this.isHelping
            ? help.render(
                this,
                () => html`<tfx-column-help .dashboard=${this.dashboard} .column=${this.column}>
                </tfx-column-help>`,
              )
            : nothing
        }
      </div>
    `;
  }

  /** The layer's name; where its kernel is known, it selects that. */
  private layer(layer: string) {
    const { scene } = this.dashboard;
    const kernels = scene.kernels.filter((name) => belongs(name, layer));
    const [kernel] = kernels;
    // Layers that only Keras' counting tells apart are matched by their order.
    const others = scene.shown.flatMap((run) => {
      const logged = loggedLayer(run, this.column);
      return logged === layer ? [] : [`${logged} in ${run.name}`];
    });
    if (kernel === undefined) {
      const title = [layer, ...others].join("; ");
      return html`<span class="layer muted cut" title=${title}>${scene.layerText(layer)}</span>`;
    }
    return html`<button
      class="layer cut"
      title="${[layer, ...others].join("; ")}: choose this layer everywhere"
      aria-pressed=${kernels.some((name) => name === scene.layer)}
      @click=${() => this.dashboard.selectLayer(kernel)}
    >
      ${scene.layerText(layer)}
    </button>`;
  }

  private get text(): LegendText {
    return legendText(this.dashboard, this.column, this.sample);
  }

  private get classEnds() {
    const { dashboard, column, sample } = this;
    if (sample === undefined || !isDifference(dashboard, column, sample)) return nothing;
    return html`<tfx-class-ends .dashboard=${dashboard} .sample=${sample}></tfx-class-ends>`;
  }

  private get wordNote() {
    const { wordNote, layout } = this.column;
    if (!wordNote || layout !== "line") return nothing;
    return html`<div class="scope">positions, not words: ${wordNote}</div>`;
  }
}

/** What the thin bar beside each map tells, which says for itself that it is one. */
const LEVEL = html`<div
  class="scope level cut"
  title="How large a map’s largest magnitude is among those of all samples: a low bar tells that a map is faint, however strong its colours are"
>
  <i></i>this map’s max on the scale of all samples
</div>`;

define("tfx-legend", Legend);
