/** Copying a text, saving a file, and offering a text to be taken by hand where neither is allowed. */

import { css, html, LitElement } from "lit";
import { define } from "./part.ts";
import { base } from "./styles.ts";

export class Offer extends LitElement {
  static override properties = { why: { state: true }, text: { state: true } };
  static override styles = [
    base,
    css`
      dialog {
        width: min(760px, 92vw);
        border: 1px solid var(--line);
        border-radius: 10px;
        background: var(--panel);
        color: var(--text);
        padding: 16px 20px;
      }
      dialog::backdrop {
        background: rgb(0 0 0 / 45%);
      }
      textarea {
        display: block;
        box-sizing: border-box;
        width: 100%;
        height: min(320px, 50vh);
        margin: 10px 0;
        border: 1px solid var(--line);
        border-radius: 5px;
        padding: 8px;
        background: var(--card);
        color: var(--text);
        font: 12px/17px monospace;
        white-space: pre;
      }
      .actions {
        display: flex;
        justify-content: flex-end;
        gap: 10px;
      }
    `,
  ];
  declare why: string;
  declare text: string;

  constructor() {
    super();
    this.why = "";
    this.text = "";
  }

  override render() {
    return html`<dialog aria-labelledby="why">
      <p id="why">${this.why} Here is the text, selected: Ctrl+C or ⌘C copies it.</p>
      <textarea readonly aria-label="Text to copy" .value=${this.text}></textarea>
      <div class="actions"><button @click=${this.close}>Close</button></div>
    </dialog>`;
  }

  /** Offer `text`; `why` is a sentence that says what was not allowed. */
  async show(why: string, text: string): Promise<void> {
    this.why = why;
    this.text = text;
    await this.updateComplete;
    this.renderRoot.querySelector("dialog")?.showModal();
    const area = this.renderRoot.querySelector("textarea");
    area?.focus();
    area?.select();
  }

  private close(): void {
    this.renderRoot.querySelector("dialog")?.close();
  }
}

/** Frames and plain http have no clipboard: there, the older way copies a selection, or does not. */
export async function copyText(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const area = document.createElement("textarea");
    area.value = text;
    document.body.append(area);
    area.select();
    const isCopied = document.execCommand("copy");
    area.remove();
    return isCopied;
  }
}

export function download(file: Blob, name: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(file);
  link.download = name;
  link.click();
  window.setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

define("tfx-offer", Offer);
