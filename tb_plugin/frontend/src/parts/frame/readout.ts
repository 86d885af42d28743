/** The value under the cursor: one small label for the whole page. */

import { css, html, LitElement } from "lit";
import type { Dashboard } from "../../state/dashboard.ts";
import { define } from "./part.ts";
import { base } from "./styles.ts";

interface Told {
  readonly x: number;
  readonly y: number;
  readonly text: string;
}

export function showReadout(dashboard: Dashboard, x: number, y: number, text: string): void {
  dashboard.dispatchEvent(new CustomEvent<Told>("readout", { detail: { x, y, text } }));
}

export function hideReadout(dashboard: Dashboard): void {
  showReadout(dashboard, 0, 0, "");
}

export class Readout extends LitElement {
  static override properties = { dashboard: { attribute: false } };
  static override styles = [
    base,
    css`
      :host {
        position: fixed;
        z-index: 20;
        left: 0;
        top: 0;
        padding: 3px 8px;
        border-radius: 5px;
        background: rgb(16 20 28 / 92%);
        color: #fff;
        font-size: 12px;
        pointer-events: none;
        white-space: nowrap;
        will-change: transform;
      }
      :host([hidden]) {
        display: none;
      }
    `,
  ];
  declare dashboard: Dashboard;

  private readonly follow = (event: Event): void => {
    if (!(event instanceof CustomEvent)) return;
    const { x, y, text } = event.detail as Told;
    this.hidden = text === "";
    const span = this.renderRoot.querySelector("span");
    if (span) span.textContent = text;
    const left = Math.min(x + 14, innerWidth - this.offsetWidth - 8);
    const top = y + 34 > innerHeight ? y - 34 : y + 16;
    this.style.transform = `translate(${left}px, ${top}px)`;
  };

  override connectedCallback(): void {
    super.connectedCallback();
    this.hidden = true;
    this.dashboard.addEventListener("readout", this.follow);
  }

  override render() {
    return html`<span></span>`;
  }
}

define("tfx-readout", Readout);
