/** Long names where there is little room: their ends say most, so that their beginnings are cut. */

import { html } from "lit";

/** A layer's path: its last part stays. */
export function pathText(path: string) {
  return cutBefore(path, Math.max(path.lastIndexOf("/"), 0));
}

const END = 6;
const LONGEST_END = 12;

/** A run's name: runs are often told apart by a number at the end, or by the last of their folders. */
export function nameText(name: string) {
  const folder = name.length - name.lastIndexOf("/");
  const kept = folder <= LONGEST_END ? Math.max(folder, END) : END;
  return cutBefore(name, Math.max(name.length - kept, 0));
}

function cutBefore(text: string, at: number) {
  return html`<span class="path"
    ><span class="cut">${text.slice(0, at)}</span
    ><span class="end">${text.slice(at)}</span></span
  >`;
}
