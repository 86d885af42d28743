/** Plans: what to compress first, its size against its cost, added up and measured at once. */

import { css, html, nothing, type PropertyDeclarations } from "lit";
import { plural, short } from "../../analysis/numbers.ts";
import {
  curveOf,
  measureText,
  planJson,
  savedText,
  settingsAt,
} from "../../analysis/sensitivity.ts";
import { recordsOf } from "../../data/series.ts";
import { type Axis, type Plot, type Point, roundTicks } from "../../draw/plot.ts";
import type { Plan } from "../../format/sensitive.ts";
import type { ShownRun } from "../../state/runs.ts";
import "../data/plot-figure.ts";
import { define, Part } from "../frame/part.ts";
import { base } from "../frame/styles.ts";
import { panelStyles } from "./panel-styles.ts";
import { sensitivityStyles } from "./sensitivity-styles.ts";

interface Named {
  readonly size: string;
  readonly plan: Plan;
}

const FIGURE = { width: 400, height: 230 } as const;

export class PlanView extends Part {
  static override properties: PropertyDeclarations = {
    run: { attribute: false },
  };
  static override styles = [
    base,
    panelStyles,
    sensitivityStyles,
    css`
      :host {
        display: block;
        margin-top: 14px;
        container-type: normal;
      }
      .beside {
        display: flex;
        flex-wrap: wrap;
        gap: 4px 20px;
      }
      .beside > div:last-child {
        flex: 1 1 220px;
        min-width: 0;
      }
      .controls {
        display: flex;
        flex-wrap: wrap;
        gap: 4px 14px;
      }
    `,
  ];
  declare run: ShownRun;

  override render() {
    const { plans } = this;
    // No point: the last one that was measured at once.
    const [saved, measure = "", point = ""] = this.dashboard.view.plan ?? [];
    const shown = plans.find(({ size }) => size === saved) ?? plans[0];
    if (!shown) return nothing;
    const { plan, size } = shown;
    const by = plan.measures.includes(measure) ? measure : plan.by;
    const { added, joint } = curveOf(plan, by);
    const last = joint.findLastIndex(Number.isFinite);
    const wanted = /^\d{1,5}$/.test(point) ? Number(point) : Math.max(last, 0);
    const chosen = Math.min(wanted, plan.sizes.length - 1);
    const select = (...choice: string[]): void => this.dashboard.update({ plan: choice });
    return html`<section>
      <h3>A plan: what to compress first</h3>
      <div class="controls">
        ${choices(
          "Saved",
          plans.map(({ size: one }) => [one, savedText(one)]),
          size,
          (value) => select(value, measure),
        )}
        ${choices(
          "Against",
          plan.measures.map((one) => [one, measureText(one)]),
          by,
          (value) => select(size, value, point),
        )}
      </div>
      <div class="beside">
        <div>${this.figure(plan, by, added, joint, chosen, (at) => select(size, by, `${at}`))}</div>
        <div>${this.told(plan, size, by, added, joint, chosen)}</div>
      </div>
    </section>`;
  }

  private get plans(): Named[] {
    const { store } = this.dashboard;
    return this.run.run.groups
      .filter(({ kind }) => kind === "plan")
      .flatMap(({ group, layer }) => {
        const plan = recordsOf(store.get(this.run.id, group), "plan").at(-1);
        return plan ? [{ size: layer, plan }] : [];
      })
      .sort((a, b) => Number(a.plan.simulated) - Number(b.plan.simulated));
  }

  private figure(
    plan: Plan,
    by: string,
    added: number[],
    joint: number[],
    chosen: number,
    choose: (point: number) => void,
  ) {
    const whole = plan.sizes[0] ?? 1;
    const shares = Array.from(plan.sizes, (size) => (100 * size) / whole);
    const points = (values: readonly number[]): Point[] =>
      values.map((value, t) => [shares[t] ?? Number.NaN, value]);
    const measured = points(joint).filter(([, y]) => Number.isFinite(y));
    const start: Point = [100, added[0] ?? 0];
    const axes = {
      x: axis(Math.min(...shares), 100, `% of the model's ${plan.unit}`, 0),
      y: valueAxis([...added, ...joint], measureText(by)),
      left: 74,
    };
    const tell = (plot: Plot, x: number, y: number): string => {
      const at = plot.nearest(points(added), x, y, 16);
      const other = at < 0 ? plot.nearest(points(joint), x, y, 16) : at;
      return other < 0 ? "" : `${short(shares[other] ?? 0)}%: ${valuesText(added, joint, other)}`;
    };
    return html`<tfx-plot
        .dashboard=${this.dashboard}
        .label=${`Size against ${measureText(by)}: single effects added up, and all settings at once`}
        .size=${FIGURE}
        .axes=${axes}
        .draw=${(plot: Plot) => {
          const { colour } = this.run;
          plot.line(points(added), plot.palette.muted, [4, 3], 1.5);
          plot.line([start, ...measured], colour);
          for (const point of measured) plot.dot(point, colour, 4);
          const at = Number.isFinite(joint[chosen] ?? Number.NaN) ? joint : added;
          plot.ring([shares[chosen] ?? 0, at[chosen] ?? 0], plot.palette.text, 7);
        }}
        .tell=${tell}
        .choose=${(plot: Plot, x: number, y: number) => {
          const at = plot.nearest(points(joint), x, y, 16);
          const found = at < 0 ? plot.nearest(points(added), x, y, 24) : at;
          if (found >= 0) choose(found);
        }}
      ></tfx-plot>
      <p class="muted">
        dashed: single effects added up; dots: all settings at once. Click a point to choose it.
      </p>`;
  }

  private told(
    plan: Plan,
    size: string,
    by: string,
    added: number[],
    joint: number[],
    chosen: number,
  ) {
    const settings = [...settingsAt(plan, chosen)];
    const share = (100 * (plan.sizes[chosen] ?? 0)) / (plan.sizes[0] ?? 1);
    const code = plan.codes[chosen];
    const json = planJson(plan, size, chosen);
    const link = `data:application/json,${encodeURIComponent(json)}`;
    return html`<p class="plan-line" role="status">
        <b>${short(share)}%</b> of the ${plan.unit}, ${plural(settings.length, "kernel")} changed;
        ${measureText(by)}: ${valuesText(added, joint, chosen)}
        <a href=${link} download="plan-${size}.json">JSON</a>
      </p>
      <pre tabindex="0" aria-label="The chosen point">${
        code ||
        `${settings.map(([layer, setting]) => `${layer}: ${setting}`).join("\n") || "as it is"}\n${plan.simulated ? "simulated: no runtime stores it so, so there is no code" : ""}`
      }</pre>`;
  }
}

function valuesText(added: readonly number[], joint: readonly number[], at: number): string {
  const real = joint[at] ?? Number.NaN;
  const sum = `${short(added[at] ?? Number.NaN)} added up`;
  return Number.isFinite(real) ? `${short(real)} at once, ${sum}` : `${sum}, not measured at once`;
}

function choices(
  label: string,
  options: readonly (readonly [value: string, text: string])[],
  chosen: string,
  choose: (value: string) => void,
) {
  return html`<label
    ><span class="muted">${label}</span>
    <select
      aria-label=${label}
      @change=${(event: Event) => choose((event.target as HTMLSelectElement).value)}
    >
      ${options.map(
        ([value, text]) =>
          html`<option value=${value} ?selected=${value === chosen}>${text}</option>`,
      )}
    </select></label
  >`;
}

function axis(low: number, high: number, label: string, least?: number): Axis {
  const from = least ?? low;
  return { low: from, high, label, ticks: roundTicks(from, high), tell: (value) => short(value) };
}

function valueAxis(values: readonly number[], label: string): Axis {
  const known = values.filter(Number.isFinite);
  const [low, high] = [Math.min(...known), Math.max(...known)];
  const room = (high - low || Math.abs(high) || 1) * 0.05;
  return axis(low - room, high + room, label);
}

define("tfx-plan", PlanView);
