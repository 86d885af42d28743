/** What is said of rows that a strip does not have. */

import { html, nothing } from "lit";

/** Layers that are not trained, where there are many. */
export function frozenNote(frozen: readonly string[]) {
  if (frozen.length === 0) return nothing;
  return html`<p class="muted more" title=${frozen.join(", ")}>
    ${frozen.length} frozen layers are not trained, and left out.
  </p>`;
}

/** More rows than a strip can have; of kernels there is a table. */
export function restNote(shown: number, count: number, what: "layer" | "kernel") {
  if (count <= shown) return nothing;
  const all = what === "kernel" ? "; the table has them all" : "";
  return html`<p class="muted more">The first ${shown} of ${count} ${what}s${all}.</p>`;
}
