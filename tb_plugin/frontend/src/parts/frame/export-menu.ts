/** What is in sight as a file: one button a format. */

import { css, html, nothing } from "lit";
import { fileText } from "../../analysis/epochs.ts";
import { fileOf, type Kind } from "../../export/figure.ts";
import { allowsDownloads } from "../../host.ts";
import { download } from "./offer.ts";
import { define, Part } from "./part.ts";
import { base } from "./styles.ts";
import { shownViews } from "./views.ts";

export class ExportMenu extends Part {
  static override styles = [
    base,
    css`
      :host {
        display: block;
      }
      .kinds {
        display: flex;
        gap: 8px;
        margin-top: 8px;
      }
      .told {
        margin-top: 10px;
      }
      img {
        display: block;
        margin-top: 8px;
        max-width: 100%;
        max-height: 50vh;
        border: 1px solid var(--line);
      }
    `,
  ];

  private told = "";
  /** The address of a file that may not be saved here. */
  private offered = "";

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    URL.revokeObjectURL(this.offered);
  }

  override render() {
    return html`
      <p>What is in sight now, with its legend and a caption, on white.</p>
      <div class="kinds">
        <button title="Pixels, twice as many as on the page" @click=${() => this.save("png")}>
          PNG
        </button>
        <button title="Texts and lines that stay sharp and can be edited" @click=${() => this.save("svg")}>
          SVG
        </button>
      </div>
      ${this.told ? html`<p class="told" role="status">${this.told}</p>` : nothing}
      ${this.offered ? html`<img src=${this.offered} alt="The figure" />` : nothing}
    `;
  }

  private async save(kind: Kind): Promise<void> {
    try {
      const file = await fileOf(this.dashboard, kind);
      this.hand(
        file,
        `tfexplain-${shownViews(this.dashboard)[0]}-epoch-${fileText(this.dashboard.step)}.${kind}`,
      );
    } catch (error) {
      this.tell(`No file was made: ${error instanceof Error ? error.message : error}`);
      throw error;
    }
  }

  /** Where the frame may not save files, a picture can still be saved by hand. */
  private hand(file: Blob, name: string): void {
    const isAllowed = allowsDownloads();
    if (isAllowed !== false) download(file, name);
    if (isAllowed) {
      this.tell("");
      this.closest<HTMLElement>("[popover]")?.hidePopover();
      return;
    }
    const why =
      isAllowed === undefined
        ? "No file?"
        : "The frame that this page is in does not allow downloads.";
    this.tell(`${why} Press the picture with the right button to save it.`, file);
  }

  private tell(text: string, file?: Blob): void {
    URL.revokeObjectURL(this.offered);
    this.told = text;
    this.offered = file ? URL.createObjectURL(file) : "";
    this.requestUpdate();
  }
}

define("tfx-export", ExportMenu);
