/** The head of one column: what is shown, and what its colours stand for. */

import { css, html, nothing } from "lit";
import { legendGradient } from "../../analysis/colours.ts";
import { belongs } from "../../analysis/kernels.ts";
import type { Scale } from "../../analysis/magnitudes.ts";
import { aboveText, ERROR_TITLE } from "../../analysis/map-text.ts";
import { methodHelp } from "../../analysis/method-help.ts";
import { plural, seconds, short } from "../../analysis/numbers.ts";
import { recordsOf } from "../../data/series.ts";
import type { Column, ColumnKind } from "../../state/columns.ts";
import { loggedLayer } from "../../state/same-layers.ts";
import { isDifference } from "../../state/shown-classes.ts";
import type { Layout } from "../../tables.ts";
import { define, Part } from "../frame/part.ts";
import { base } from "../frame/styles.ts";
import "./class-choice.ts";

/** What colours do not say, by the layout of the map. */
const HELP: Readonly<Partial<Record<Layout, string>>> = {
  tokens:
    "Each word has the colour of its value, clear at zero. The bar below it is as long as the value is large: solid for evidence for the target, dashed against it. Padding is left out.",
  features:
    "Each bar begins at zero. Beside a feature’s name stands what it is in this sample, in the model’s own units.",
  line: "The band has the colour of the map at each position, the bars below it the map’s values; the curve is the input.",
  volume: "One slice of the volume; the slider above chooses it for all samples and runs.",
};

const SCOPE_TITLES = {
  sample: "One scale for a sample, over the shown runs and their epochs",
  all: "One scale for all samples, over the shown runs and their epochs",
  map: "Each map has a scale of its own",
} as const;

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
      .level::before {
        content: "";
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
      a {
        color: var(--accent);
      }
      [popover] p + p {
        margin-top: 8px;
      }
    `,
  ];
  declare column: Column;
  /** Of the maps below, where they are of one. */
  declare sample: number | undefined;

  override render() {
    const { explainer, layer, kind, signed } = this.column;
    const { view } = this.dashboard;
    const ramp = legendGradient(signed ? view.diverging : view.sequential);
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
                aria-label=${this.spoken}
              ></div>
              <div class="ends">${this.ends.map((end) => html`<span>${end}</span>`)}</div>
              ${this.classEnds}
              <div class="scope cut" title=${SCOPE_TITLES[view.scale]}>${this.scope}</div>
              ${this.wordNote} ${kind === "map" ? LEVEL : nothing}`
      }
      <div id="help" popover>
        ${this.method} ${this.help(kind)}
        ${this.cost ? html`<p class="muted">${this.cost}</p>` : nothing}
      </div>
    `;
  }

  /** What the method answers, and how it is to be read. */
  private get method() {
    const help = methodHelp(this.column.explainer);
    if (!help) return nothing;
    return html`<p><b>${help.answers}</b> ${help.reading}</p>
      <p class="muted">
        ${
          help.paper
            ? html`<a href=${help.paper} target="_blank" rel="noopener noreferrer">The paper</a>; more`
            : "More"
        }
        of this method: docs/choosing.md of tfexplain.
      </p>`;
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

  /** The one scale of all that is below, where there is one. */
  private get scale(): Scale | undefined {
    const { view, scene } = this.dashboard;
    const { kind } = this.column;
    if (kind === "channels" || view.scale === "map") return undefined;
    const sample = this.sample ?? (scene.selected.length === 1 ? scene.selected[0] : undefined);
    if (view.scale === "sample" && sample === undefined) return undefined;
    return scene.scales.of(view, this.column, sample ?? -1, () => ({ limit: 0, above: 0 }));
  }

  /** The numbers under the colour bar. */
  private get ends(): string[] {
    const { signed, unit } = this.column;
    const { scale } = this;
    if (!scale) return signed ? ["−max", "0", "max"] : ["0", "max"];
    if (scale.limit === 0) return ["all zero"];
    const most = `${short(scale.limit)} ${unit}`;
    return signed ? [short(-scale.limit), "0", most] : ["0", most];
  }

  private get classEnds() {
    const { dashboard, column, sample } = this;
    if (sample === undefined || !isDifference(dashboard, column, sample)) return nothing;
    return html`<tfx-class-ends .dashboard=${dashboard} .sample=${sample}></tfx-class-ends>`;
  }

  /** What the scale is one for, and what lies beyond it. */
  private get scope(): string {
    const { view } = this.dashboard;
    if (this.column.kind === "channels") {
      const of = { sample: "each channel, sample", all: "each channel", map: "each map" };
      return `max of ${of[view.scale]}`;
    }
    const { scale } = this;
    const above = scale?.above ? `${aboveText(scale)} of values above` : "";
    const of = {
      sample: "this sample, shown runs, all epochs",
      all: "all samples, shown runs, all epochs",
      map: "each map",
    };
    if (!scale && view.scale === "sample") return "max of each sample, told below it";
    const range = scale ? of[view.scale] : `max of ${of[view.scale]}`;
    return [this.column.wordsRead ? "per word" : "", range, above].filter(Boolean).join(" · ");
  }

  private get spoken(): string {
    return `Colour scale, ${this.scope}: ${this.ends.join(" to ")}`;
  }

  private mapHelp() {
    return html`
      <p>
        ${
          this.column.signed
            ? "Red is evidence for the target, blue against it (or green and purple); zero is clear."
            : "Only evidence for the target is shown; zero is clear."
        }
        From a quarter of the scale on, colours hide the input, which lies below in grey. Numbers are
        in units of ${this.column.unit || "the explained output"}.
      </p>
      <p>
        <b>The bar beside a map</b> is as high as the map's largest magnitude on the scale of all
        samples: a low bar tells that a map is faint, however strong its colours are.
      </p>
      ${
        this.column.ofPixels
          ? html`<p>
            The scale ends where 99% of the magnitudes other than zero do; what lies above has the
            colour of the end.
          </p>`
          : nothing
      }
      ${HELP[this.column.layout] ? html`<p>${HELP[this.column.layout]}</p>` : nothing}
      ${this.wordHelp ? html`<p>${this.wordHelp}</p>` : nothing}
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

  private get wordNote() {
    const { wordNote, layout } = this.column;
    if (!wordNote || layout !== "line") return nothing;
    return html`<div class="scope">positions, not words: ${wordNote}</div>`;
  }

  /** What the layer's positions have to do with words. */
  private get wordHelp(): string {
    const { wordsRead, wordNote, layout } = this.column;
    if (wordsRead) {
      return `A position of this layer reads ${plural(wordsRead, "word", "words")}. Its value is divided evenly among those of them that are no padding, so sums are kept.`;
    }
    if (!wordNote) return "";
    const place =
      layout === "tokens" ? "stand at the word in their place" : "are not spread over words";
    return `The values of this layer’s positions ${place}: ${wordNote}.`;
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
        One tile a channel, each with a scale of its own. Where Grad-CAM or its kin reads the same
        layer, the percentage is the channel's <b>share of the evidence</b>: its weight (the mean
        gradient of the explained number) times the sum of its activation, relative to all channels
        of the layer; below zero it is evidence against the target. Tiles stand in the order of the
        mean share over all logged epochs, so that they keep their places. Elsewhere channels are
        evenly spaced by number, and the value is the largest magnitude at this epoch.
      </p>
      <p>
        A crossed-out tile is a <b>dead</b> channel: never above zero on the whole validation batch.
        A striped one is <b>pruned</b>: all its weights are zero. One that had more than an average
        share at earlier epochs says what it was. A hatched tile was not logged at this epoch.
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

/** What the thin bar beside each map tells, which says for itself that it is one. */
const LEVEL = html`<div
  class="scope level cut"
  title="How large a map’s largest magnitude is among those of all samples: a low bar tells that a map is faint, however strong its colours are"
>
  this map’s max on the scale of all samples
</div>`;

define("tfx-legend", Legend);
