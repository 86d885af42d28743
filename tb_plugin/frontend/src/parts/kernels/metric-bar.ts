/** Which metric the strips show, what their colours stand for, and the numbers of one row. */

import { css, html, nothing } from "lit";
import { cssGradient, KERNEL_RAMP } from "../../analysis/colours.ts";
import { grouped, metricOf, metricText, type Scale } from "../../analysis/compression.ts";
import { define, Part, setText } from "../frame/part.ts";
import { base } from "../frame/styles.ts";

export class MetricBar extends Part {
  static override properties = {
    names: { attribute: false },
    scale: { attribute: false },
  };
  static override styles = [
    base,
    css`
      :host {
        display: flex;
        flex-wrap: wrap;
        align-items: center;
        gap: 2px 14px;
        padding: 4px 16px;
        font-size: 12px;
        min-height: 34px;
      }
      .control,
      .legend {
        display: inline-flex;
        align-items: center;
        gap: 6px;
        white-space: nowrap;
        flex: none;
      }
      .ramp {
        width: 90px;
        height: 10px;
        border-radius: 2px;
        border: 1px solid var(--line);
      }
      .unknown {
        width: 14px;
        height: 10px;
        margin-left: 8px;
        border: 1px solid var(--line);
        background: repeating-linear-gradient(
          135deg,
          color-mix(in srgb, var(--muted) 45%, var(--card)) 0 1px,
          var(--card) 1px 4px
        );
      }
      .told {
        min-width: 0;
        overflow: hidden;
        text-overflow: ellipsis;
        white-space: nowrap;
        contain: layout style;
        flex: 1 1 200px;
      }
    `,
  ];
  /** The metrics to choose from. */
  declare names: readonly string[];
  declare scale: Scale;

  override render() {
    const { metric } = this.dashboard.scene;
    const choose = (event: Event): void =>
      this.dashboard.update({ metric: (event.target as HTMLSelectElement).value });
    return html`
      <label class="control"
        ><span class="muted">Metric</span>
        <select aria-label="Metric" @change=${choose}>
          ${grouped([...new Set([...this.names, metric])]).map(
            ([group, metrics]) => html`<optgroup label=${group}>
              ${metrics.map(
                ({ name, label }) =>
                  html`<option value=${name} ?selected=${name === metric}>${label}</option>`,
              )}
            </optgroup>`,
          )}
        </select></label
      >
      ${this.legend()}
      <span class="told muted" role="status"></span>
    `;
  }

  private legend() {
    const { unit, label } = metricOf(this.dashboard.scene.metric);
    const [from, to] = [metricText(unit, this.scale.low), metricText(unit, this.scale.high)];
    const ramp = cssGradient(KERNEL_RAMP);
    const log = this.scale.isLog ? ", logarithmic" : "";
    return html`<span
      class="legend"
      role="img"
      aria-label="Colours of ${label}: ${from} to ${to}${log}"
    >
      <span>${from}</span><span class="ramp" style="background: ${ramp}"></span><span>${to}</span>
      ${log ? html`<span class="muted" title="Equal ratios have equal steps of colour">log</span>` : nothing}
      <span class="unknown"></span><span class="muted">not known</span>
    </span>`;
  }

  /** What is said beside the legend, anew at every frame that changes it. */
  tell(text: string): void {
    const told = this.find(".told");
    setText(told, text);
    told?.setAttribute("title", text);
  }
}

define("tfx-metric-bar", MetricBar);
