/** A run's name with its colour. */

import { html } from "lit";
import type { ShownRun } from "../../state/runs.ts";

export function whoText({ name, colour }: ShownRun) {
  return html`<span class="who" title=${name}
    ><span class="dot" style="background: ${colour}"></span><span class="cut">${name}</span></span
  >`;
}
