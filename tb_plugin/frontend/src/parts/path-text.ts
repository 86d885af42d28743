/** A long path where there is little room: its end says most, so that its beginning is cut. */

import { html } from "lit";

export function pathText(path: string) {
  const at = path.lastIndexOf("/");
  return html`<span class="path"
    ><span class="cut">${path.slice(0, Math.max(at, 0))}</span
    ><span class="end">${path.slice(Math.max(at, 0))}</span></span
  >`;
}
