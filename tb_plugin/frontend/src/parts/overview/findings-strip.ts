/** What Python found in the log, in plain words: each is a link to where it is seen. */

import { css, html, nothing, type PropertyDeclarations } from "lit";
import { define, Part } from "../frame/part.ts";
import { base } from "../frame/styles.ts";
import { follow, runOf } from "./follow-finding.ts";

export class FindingsStrip extends Part {
  static override styles = [
    base,
    css`
      :host {
        display: block;
        flex: none;
      }
      ul {
        list-style: none;
        display: flex;
        flex-wrap: wrap;
        gap: 4px 8px;
        padding: 7px 16px;
        border-bottom: 1px solid var(--line);
        background: var(--panel);
        max-height: 30vh;
        overflow: auto;
      }
      /* As high with one finding as before any came: nothing below moves. */
      ul,
      p {
        min-height: 42px;
      }
      p {
        display: flex;
        align-items: center;
        padding: 7px 16px;
        border-bottom: 1px solid var(--line);
        background: var(--panel);
        color: var(--muted);
      }
      li {
        display: flex;
        max-width: 100%;
      }
      button.finding {
        display: flex;
        align-items: baseline;
        gap: 7px;
        border-radius: 13px;
        text-align: left;
        min-width: 0;
      }
      .dot {
        align-self: center;
      }
      @media (max-height: 700px) {
        ul:not(.open) {
          flex-wrap: nowrap;
        }
        ul:not(.open) > li:not(:first-child):not(.more) {
          display: none;
        }
        ul:not(.open) .text {
          overflow: hidden;
          text-overflow: ellipsis;
          white-space: nowrap;
        }
        ul:not(.open) > li:first-child {
          min-width: 0;
        }
      }
      .more {
        display: none;
      }
      @media (max-height: 700px) {
        .more {
          display: flex;
          flex: none;
        }
      }
    `,
  ];

  static override properties: PropertyDeclarations = { layers: { type: Boolean } };
  /** Whether only those are shown that are of a kernel or a layer. */
  declare layers: boolean;

  private isOpen = false;

  override render() {
    const { dashboard, isOpen, layers } = this;
    const { state } = dashboard.found;
    const findings = dashboard.found.findings.filter(
      ({ kind, metric }) => metric || kind === "sensitive" || !layers,
    );
    // Without findings the page shows all else, and says what else fails.
    if (state === "failed") return nothing;
    if (state === "waiting") return html`<p aria-busy="true">Looking for what stands out…</p>`;
    if (findings.length === 0) return html`<p>No findings${layers ? " of layers" : ""}.</p>`;
    return html`<ul aria-label="Findings" class=${isOpen ? "open" : ""}>
      ${findings.map(
        (finding) => html`<li>
          <button class="finding" title="Show it" @click=${() => follow(dashboard, finding)}>
            <span
              class="dot"
              style="background: ${runOf(dashboard, finding)?.colour ?? "var(--muted)"}"
            ></span>
            <span class="text">${finding.text}</span>
          </button>
        </li>`,
      )}
      ${
        findings.length > 1
          ? html`<li class="more">
            <button aria-expanded=${isOpen} @click=${this.toggle}>
              ${isOpen ? "Less" : `${findings.length - 1} more`}
            </button>
          </li>`
          : nothing
      }
    </ul>`;
  }

  override updated(): void {
    this.dashboard.found.look(this.dashboard.store.listing);
  }

  private toggle(): void {
    this.isOpen = !this.isOpen;
    this.requestUpdate();
  }
}

define("tfx-findings", FindingsStrip);
