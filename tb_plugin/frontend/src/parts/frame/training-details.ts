/** What a run's model was trained with, as Details say it: optimizer, learning rate, loss, functions, layers. */

import { html, nothing } from "lit";
import { type ActivationUse, activationsIn } from "../../analysis/activation-curves.ts";
import { countText, shareText } from "../../analysis/compression.ts";
import { epochText } from "../../analysis/epochs.ts";
import { plural, short } from "../../analysis/numbers.ts";
import { lineFigure } from "../../draw/line-figure.ts";
import { LEARNING_RATE } from "../../draw/tracks.ts";
import "../../format/structured.ts";
import type { Structure } from "../../format/structured.ts";
import type { Dashboard } from "../../state/dashboard.ts";
import type { ShownRun } from "../../state/runs.ts";

const MAX_LAYERS = 500;
type Point = readonly [step: number, value: number];

export function trainingDetails(dashboard: Dashboard, run: ShownRun) {
  const structure = dashboard.structure(run);
  if (!structure) return nothing;
  const rate = ratesOf(dashboard, run);
  const own = [...structure.training].filter(([name]) => !isVersion(name));
  const versions = [...structure.training].filter(([name]) => isVersion(name));
  return html`<h4>Training</h4>
    <table>
      ${own.map(([name, value]) => row(labelOf(name), value))}
      ${rate.length > 0 ? row("learning rate over epochs", ratesText(rate)) : nothing}
      ${activationsIn(structure).map(functionRow)}
      ${row("versions", versions.map(([name, version]) => `${name} ${version}`).join(", "))}
    </table>
    ${layersTable(structure)}`;
}

function isVersion(name: string): boolean {
  return ["tfexplain", "tensorflow", "keras", "tf_keras"].includes(name);
}

/** `optimizer.learning_rate` stands below `optimizer`. */
function labelOf(name: string): string {
  const [kind, ...rest] = name.split(".");
  if (rest.length === 0) return name;
  return kind === "inputs" ? `input ${rest.join(".")}` : rest.join(" ").replaceAll("_", " ");
}

function row(name: string, value: unknown) {
  return html`<tr><th scope="row">${name}</th><td>${value}</td></tr>`;
}

function functionRow({ name, text, line }: ActivationUse) {
  return row(`activation ${name}`, html`<p>${text}</p>${line ? lineFigure(line) : nothing}`);
}

/** As training reported it; where no callback of Keras changes it, as the optimizer held it. */
function ratesOf({ store }: Dashboard, run: ShownRun): readonly Point[] {
  const sources = [run.run, run.compression, run.health].flatMap((source) => source?.run ?? []);
  const found = sources.map((source) =>
    (store.get(source, "metrics")?.points ?? []).flatMap(({ step, record }): Point[] => {
      const value = record?.kind === "metrics" ? record.values.get(LEARNING_RATE) : undefined;
      return value === undefined ? [] : [[step, value]];
    }),
  );
  return found.find(({ length }) => length > 0) ?? [];
}

function ratesText(points: readonly Point[]) {
  const [first, last] = [points[0] as Point, points.at(-1) as Point];
  if (points.every(([, value]) => value === first[1])) return html`${short(first[1])} throughout`;
  const text = `${short(first[1])} in epoch ${epochText(first[0])}, ${short(last[1])} in epoch ${epochText(last[0])}`;
  const isLog = points.every(([, value]) => value > 0);
  return html`<p>${text}</p>${lineFigure({ points, isLog, label: `learning rate: ${text}` })}`;
}

/** Layers with parameters, in the order of calls. */
function layersTable({ rows, numbers }: Structure) {
  const counts = rows.map((_, i) => numbers[2 * i] ?? 0);
  const own = rows.flatMap((one, i) => {
    const count = counts[i] ?? 0;
    return count > 0 ? [{ ...one, count }] : [];
  });
  const sum = own.reduce((all, { count }) => all + count, 0);
  if (sum === 0) return nothing;
  return html`<details>
    <summary>${countText(sum)} parameters in ${plural(own.length, "layer")}</summary>
    <table class="layers">
      ${own.slice(0, MAX_LAYERS).map(
        ({ name, type, state, count }) => html`<tr>
          <th scope="row">${name}</th>
          <td>${type}</td>
          <td>${state}</td>
          <td class="number">${countText(count)}</td>
          <td class="number">${shareText(count / sum)}</td>
        </tr>`,
      )}
    </table>
    ${own.length > MAX_LAYERS ? html`<p class="muted">The first ${MAX_LAYERS} of them.</p>` : nothing}
  </details>`;
}
