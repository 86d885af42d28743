/** A share with its interval: a bar from 0 to 1, and the number. */

import { html, nothing } from "lit";
import { estimateText, rateText } from "../../analysis/estimates.ts";
import type { Estimate } from "../../analysis/evaluation.ts";

export function rateBar(estimate: Estimate | undefined, colour: string, tell = rateText) {
  const { value, low, high } = estimate ?? { value: Number.NaN, low: 0, high: 0 };
  const width = Math.max(0, high - low);
  return html`<div class="rate" title=${estimate ? estimateText(estimate, tell) : "not there"}>
    <span class="range" data-range>
      ${
        Number.isFinite(value)
          ? html`<span
                style="left: ${100 * low}%; width: ${100 * width}%; background: ${colour}"
              ></span
              ><b style="left: ${100 * value}%"></b>`
          : nothing
      }
    </span>
    <span>${tell(value)}</span>
  </div>`;
}
