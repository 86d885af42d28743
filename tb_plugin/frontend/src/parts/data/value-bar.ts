/** A number with its interval as a bar from zero, on a scale that the bars of a column share. */

import { html, nothing } from "lit";
import { valueText } from "../../analysis/estimates.ts";
import type { Estimate } from "../../analysis/evaluation.ts";
import { short } from "../../analysis/numbers.ts";

export function valueBar(
  estimate: Estimate | undefined,
  [least, most]: readonly [number, number],
  colour: string,
  tell = short,
) {
  const { value, low, high } = estimate ?? { value: Number.NaN, low: 0, high: 0 };
  const place = (one: number): number => (100 * (one - least)) / (most - least);
  const zero = place(0);
  if (!Number.isFinite(value)) {
    return html`<div class="value" title="not there"><span class="track"></span><span>–</span></div>`;
  }
  const [from, to] = value < 0 ? [place(value), zero] : [zero, place(value)];
  const whisker =
    Number.isFinite(low) && Number.isFinite(high)
      ? html`<i style="left: ${place(low)}%; width: ${place(high) - place(low)}%"></i>`
      : nothing;
  return html`<div class="value" title=${valueText({ value, low, high })}>
    <span class="track" data-range>
      <span style="left: ${from}%; width: ${to - from}%; background: ${colour}"></span>${whisker}
      ${least < 0 ? html`<b style="left: ${zero}%"></b>` : nothing}
    </span>
    <span>${tell(value)}</span>
  </div>`;
}
