/** Parts of the page whose script is loaded when they are first shown. */

import { html, type TemplateResult } from "lit";

interface Host {
  requestUpdate(): void;
}

export class Later {
  private loading: Promise<void> | undefined;
  private state: "loading" | "loaded" | "failed" = "loading";
  private readonly name: string;
  private readonly load: () => Promise<unknown>;

  /** `name` says of what the script is, where it cannot be loaded. */
  constructor(name: string, load: () => Promise<unknown>) {
    this.name = name;
    this.load = load;
  }

  /** What is shown; until the script is there, that it is on its way, or what to do. */
  render(host: Host, content: () => TemplateResult): TemplateResult {
    if (this.state === "loaded") return content();
    if (this.state === "failed") {
      return html`<p class="empty" role="alert">
        ${this.name} could not be loaded. Reload the page; if that does not help, see whether
        TensorBoard still runs, and start it again if tfexplain was installed anew meanwhile.
      </p>`;
    }
    this.loading ??= this.load().then(
      () => this.end("loaded"),
      () => this.end("failed"),
    );
    void this.loading.then(() => host.requestUpdate());
    return html`<p class="empty" aria-busy="true">Loading…</p>`;
  }

  private end(state: "loaded" | "failed"): void {
    this.state = state;
  }
}
