/** What one method answers, how its maps are to be read, and what they took. */

import { css, html, nothing } from "lit";
import { ERROR_TITLE } from "../../analysis/map-text.ts";
import { methodHelp } from "../../analysis/method-help.ts";
import { plural, seconds } from "../../analysis/numbers.ts";
import { recordsOf } from "../../data/series.ts";
import type { Column } from "../../state/columns.ts";
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

export class ColumnHelp extends Part {
  static override properties = { column: { attribute: false } };
  static override styles = [
    base,
    css`
      a {
        color: var(--accent);
      }
      p + p {
        margin-top: 8px;
      }
    `,
  ];
  declare column: Column;

  override render() {
    return html`${this.method} ${this.reading()}
    ${this.cost ? html`<p class="muted">${this.cost}</p>` : nothing}`;
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

  private reading() {
    switch (this.column.kind) {
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

define("tfx-column-help", ColumnHelp);
