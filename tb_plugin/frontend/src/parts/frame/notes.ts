/** What to know before believing the page: epochs not kept, failures, unreadable records. */

import { css, html, nothing } from "lit";
import { define, Part } from "./part.ts";
import { base } from "./styles.ts";

/** What is always listed: parts that were left out, and other notes. */
const FOLDED = { leftOut: 4, others: 2 };
const LABELS = { warning: "Problem", info: "Note", "left out": "Left out" } as const;
const MAX_NOTES = 100;

export class Notes extends Part {
  static override styles = [
    base,
    css`
      :host {
        display: block;
      }
      ul {
        list-style: none;
        max-height: 220px;
        overflow: auto;
      }
      li {
        display: flex;
        gap: 8px;
        align-items: baseline;
        padding: 4px 16px;
        font-size: 12.5px;
        background: var(--panel);
        border-bottom: 1px solid var(--line);
      }
      li.warning {
        background: var(--warn-soft);
      }
      .level {
        font-weight: 600;
        color: var(--muted);
        flex: none;
      }
      li.left {
        background: var(--accent-soft);
      }
      .left .level {
        color: var(--accent);
      }
      .warning .level {
        color: var(--warn);
      }
      .text {
        overflow-wrap: anywhere;
      }
      button {
        border: 0;
        background: none;
        padding: 0;
        color: var(--accent);
      }
    `,
  ];

  private unfolded = false;

  override render() {
    const { notes, store } = this.dashboard;
    // A failed request hides data, so it is said first, and here too once there is data.
    const failed = store.listing && store.failure;
    const leftOut = notes.filter(({ level }) => level === "left out").length;
    const folded = Math.min(leftOut, FOLDED.leftOut) + FOLDED.others;
    const count = this.unfolded ? MAX_NOTES : folded;
    const more = notes.length - count;
    if (notes.length === 0 && !failed) return nothing;
    return html`
      <ul aria-label="Notes">
        ${
          failed
            ? html`<li class="warning">
              <span class="level">Not loaded</span><span class="text">${store.failure}</span>
              <button @click=${() => this.dashboard.refresh()}>Try again</button>
            </li>`
            : nothing
        }
        ${notes.slice(0, count).map(
          ({ level, run, text }) => html`<li class=${level === "left out" ? "left" : level}>
            <span class="level">${LABELS[level]} · ${run}</span>
            <span class="text">${text}</span>
          </li>`,
        )}
        ${
          more > 0 && !this.unfolded
            ? html`<li><button @click=${() => this.unfold(true)}>Show ${more} more</button></li>`
            : nothing
        }
        ${more > 0 && this.unfolded ? html`<li>${more} more are not listed.</li>` : nothing}
        ${
          this.unfolded
            ? html`<li><button @click=${() => this.unfold(false)}>Show fewer</button></li>`
            : nothing
        }
      </ul>
    `;
  }

  private unfold(unfolded: boolean): void {
    this.unfolded = unfolded;
    this.requestUpdate();
  }
}

define("tfx-notes", Notes);
