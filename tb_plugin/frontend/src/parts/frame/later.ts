/** Parts of the page whose script is loaded when they are first shown. */

import { html, type TemplateResult } from "lit";

interface Host {
  requestUpdate(): void;
}

export class Later<M = unknown> {
  private loading: Promise<void> | undefined;
  private module: M | undefined;
  private state: "loading" | "loaded" | "failed" = "loading";
  private readonly name: string;
  private readonly load: () => Promise<M>;

  /** `name` says of what the script is, where it cannot be loaded. */
  constructor(name: string, load: () => Promise<M>) {
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
    this.begin(host);
    return html`<p class="empty" aria-busy="true">Loading…</p>`;
  }

  /** What the script exports; undefined until it is there, and where it cannot be loaded. */
  get(host: Host): M | undefined {
    if (this.state === "loading") this.begin(host);
    return this.module;
  }

  private begin(host: Host): void {
    this.loading ??= this.load().then(
      (module) => this.end("loaded", module),
      () => this.end("failed"),
    );
    void this.loading.then(() => host.requestUpdate());
  }

  private end(state: "loaded" | "failed", module?: M): void {
    this.state = state;
    this.module = module;
  }
}
