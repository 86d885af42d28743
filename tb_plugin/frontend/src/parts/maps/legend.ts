/** The head of one column: what is shown, and what its colours stand for. */

import { css, html, nothing } from "lit";
import { cssGradient } from "../../analysis/colours.ts";
import { belongs } from "../../analysis/kernels.ts";
import { ERROR_TITLE } from "../../analysis/map-text.ts";
import { seconds, short } from "../../analysis/numbers.ts";
import { recordsOf } from "../../data/series.ts";
import type { Column, ColumnKind } from "../../state/columns.ts";
import type { Layout } from "../../tables.ts";
import { define, Part } from "../frame/part.ts";
import { base } from "../frame/styles.ts";

/** What colours do not say, by the layout of the map. */
const HELP: Readonly<Partial<Record<Layout, string>>> = {
  tokens:
    "Each word has the colour of its value, clear at zero. The bar below it is as long as the value is large: solid for evidence for the target, dashed against it. Padding is left out.",
  features:
    "Each bar begins at zero. Beside a feature’s name stands what it is in this sample, in the model’s own units.",
  line: "The band has the colour of the map at each position, the bars below it the map’s values; the curve is the input.",
  volume: "One slice of the volume; the slider above chooses it for all samples and runs.",
};

export class Legend extends Part {
  static override properties = { column: { attribute: false } };
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
      .ends {
        display: flex;
        justify-content: space-between;
        font-size: 11px;
        line-height: 15px;
        color: var(--muted);
        white-space: nowrap;
      }
      .help {
        border-radius: 50%;
        width: 18px;
        height: 18px;
        padding: 0;
        font-size: 11px;
        line-height: 1;
        flex: none;
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
      [popover] p + p {
        margin-top: 8px;
      }
    `,
  ];
  declare column: Column;

  override render() {
    const { explainer, layer, kind, signed } = this.column;
    const { view } = this.dashboard;
    const ramp = cssGradient(signed ? view.diverging : view.sequential);
    return html`
      <div class="name">
        <h2 class="cut" title=${explainer}>${explainer}</h2>
      </div>
      <div class="name">
        ${this.layer(layer)}
        <button class="help" popovertarget="help" aria-label="About ${explainer}">?</button>
      </div>
      ${
        kind === "picture"
          ? html`<div class="ends"><span>a picture, as it was made</span></div>`
          : html`<div
                class="bar"
                style="background: ${ramp}"
                role="img"
                aria-label=${this.spoken}
              ></div>
              <div class="ends">${this.ends.map((end) => html`<span>${end}</span>`)}</div>`
      }
      <div id="help" popover>
        ${this.help(kind)}
        ${this.cost ? html`<p class="muted">${this.cost}</p>` : nothing}
      </div>
    `;
  }

  private help(kind: ColumnKind) {
    switch (kind) {
      case "map":
        return this.mapHelp();
      case "matrix":
        return this.headsHelp();
      case "channels":
        return this.channelHelp();
      case "picture":
        return html`<p>
          A picture that a function of yours made of the sample at this epoch. Its colours are its
          own; no scale applies.
        </p>`;
    }
  }

  /** The layer's name; where its kernel is known, it selects that. */
  private layer(layer: string) {
    const { scene } = this.dashboard;
    const kernels = scene.kernels.filter((name) => belongs(name, layer));
    const [kernel] = kernels;
    if (kernel === undefined) {
      return html`<span class="layer muted cut" title=${layer}>${layer}</span>`;
    }
    return html`<button
      class="layer cut"
      title="${layer}: select its kernel"
      aria-pressed=${kernels.some((name) => name === scene.layer)}
      @click=${() => this.dashboard.selectLayer(kernel)}
    >
      ${layer}
    </button>`;
  }

  /** The numbers under the colour bar. */
  private get ends(): string[] {
    const { signed, kind, unit, group } = this.column;
    const { view, scene } = this.dashboard;
    if (kind === "channels" || view.scale === "map") {
      const most = kind === "channels" ? "each channel’s max" : "each map’s max";
      return signed ? ["−max", "0", most] : ["0", most];
    }
    const limit = scene.limits.get(group);
    if (limit === undefined) return ["–"];
    const most = `${short(limit)} ${unit}`;
    return signed ? [short(-limit), "0", most] : ["0", most];
  }

  private get spoken(): string {
    const { view } = this.dashboard;
    const scope = view.scale === "shared" ? "shared over epochs and runs" : "per map";
    return `Colour scale, ${scope}: ${this.ends.join(" to ")}`;
  }

  private mapHelp() {
    return html`
      <p>
        ${
          this.column.signed
            ? "Colours diverge at zero: one side is evidence for the target, the other against it."
            : "Only evidence for the target is shown; zero is none."
        }
        Numbers are in units of ${this.column.unit || "the explained output"}.
      </p>
      ${HELP[this.column.layout] ? html`<p>${HELP[this.column.layout]}</p>` : nothing}
      <p>
        <b>Completeness gap</b>, where a method has one: the sum of the map minus the difference of
        scores it should add up to. It tells how well the integral was approximated. It does
        <b>not</b> bound the error of the map itself.
      </p>
      <p>
        <b>Estimated error</b>, where a method has one: ${ERROR_TITLE} Passes are what that took,
        each a forward and a backward pass through the model.
      </p>
    `;
  }

  private headsHelp() {
    return html`
      <p>
        One tile an attention head: each row is a token that asks, each column one that is attended
        to. All heads have one scale, so that they can be compared.
      </p>
      <p>
        The framed head is the one that the difference between runs shows. Attention says where a
        layer reads from, not what that does to the output.
      </p>
    `;
  }

  private channelHelp() {
    return html`
      <p>
        One tile a channel, in an order that stays the same over epochs, each with a scale of its
        own: the number under a tile is its largest magnitude at this epoch.
      </p>
      <p>
        A crossed-out tile is a <b>dead</b> channel: never above zero on the whole validation batch.
        A striped one is <b>pruned</b>: all its weights are zero.
      </p>
    `;
  }

  private get cost(): string {
    const { scene, store } = this.dashboard;
    const costs = scene.shown.flatMap(({ id, name }) => {
      const all = recordsOf(store.get(id, "status"), "status");
      const cost = all.flatMap((one) => one.seconds.get(this.column.explainer) ?? []).at(-1);
      return cost === undefined ? [] : [`${seconds(cost)} (${name})`];
    });
    return costs.length > 0 ? `Cost of the last epoch: ${costs.join(", ")}` : "";
  }
}

define("tfx-legend", Legend);
