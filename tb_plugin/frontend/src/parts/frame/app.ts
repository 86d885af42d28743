/** The page: toolbar, notes, samples, grid or one map enlarged, timeline. */

import { css, html, nothing, type PropertyDeclarations } from "lit";
import "../kernels/compression-panel.ts";
import type { RunDetails } from "./run-details.ts";
import "./run-details.ts";
import "./empty-state.ts";
import "../maps/enlarged.ts";
import "../maps/grid.ts";
import "./notes.ts";
import { define, Part } from "./part.ts";
import "./readout.ts";
import "../maps/samples.ts";
import { base, theme } from "./styles.ts";
import type { Timeline } from "./timeline.ts";
import { isModelView } from "./views.ts";
import "./timeline.ts";
import "./toolbar.ts";

export class App extends Part {
  static override properties: PropertyDeclarations = {
    dark: { type: Boolean, reflect: true },
  };
  static override styles = [
    theme,
    base,
    css`
      :host {
        display: flex;
        flex-direction: column;
        height: 100vh;
        background: var(--bg);
      }
      .main {
        display: grid;
        grid-template-columns: 236px minmax(0, 1fr);
        flex: 1;
        min-height: 0;
      }
      @media (max-width: 1100px) {
        .main {
          grid-template-columns: 212px minmax(0, 1fr);
        }
      }
      .bottom > tfx-compression[closed] {
        height: auto;
      }
      /* Beside each other, they leave the room to the maps. */
      @media (min-width: 960px) {
        .bottom:has(tfx-compression) {
          display: grid;
          grid-template-columns: minmax(0, 1fr) minmax(0, 1fr);
          border-top: 1px solid var(--line);
        }
        .bottom:has(tfx-compression[closed]) {
          grid-template-columns: minmax(0, 1fr) auto;
        }
        .bottom > tfx-compression {
          height: clamp(180px, 22vh, 260px);
          border-top: 0;
          border-left: 1px solid var(--line);
          order: 1;
        }
        .bottom:has(tfx-compression) > tfx-timeline {
          border-top: 0;
          align-content: start;
        }
      }
      tfx-samples {
        border-right: 1px solid var(--line);
      }
      tfx-empty,
      tfx-compression.alone {
        flex: 1;
      }
    `,
  ];
  declare dark: boolean;

  private readonly onKey = (event: KeyboardEvent): void => this.steer(event);

  override connectedCallback(): void {
    super.connectedCallback();
    document.addEventListener("keydown", this.onKey);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    document.removeEventListener("keydown", this.onKey);
  }

  override render() {
    const { dashboard } = this;
    const isEmpty = dashboard.scene.runs.length === 0;
    return html`
      ${
        isEmpty
          ? html`<tfx-empty role="main" .dashboard=${dashboard}></tfx-empty>`
          : html`
            <tfx-toolbar
              role="banner"
              .dashboard=${dashboard}
              @details=${() => this.find<RunDetails>("tfx-details")?.show()}
            ></tfx-toolbar>
            <tfx-notes .dashboard=${dashboard}></tfx-notes>
            ${this.body()}
            <div class="bottom">
              ${this.compression()}
              <tfx-timeline role="region" aria-label="Timeline" .dashboard=${dashboard}>
              </tfx-timeline>
            </div>
            <tfx-details .dashboard=${dashboard}></tfx-details>
          `
      }
      <tfx-readout .dashboard=${dashboard}></tfx-readout>
    `;
  }

  /** Maps and what is known of the kernels, or the one that was logged, filling the page. */
  private body() {
    const { dashboard } = this;
    if (isModelView(dashboard)) {
      return html`<tfx-compression class="alone" role="main" .dashboard=${dashboard}>
      </tfx-compression>`;
    }
    return html`
      <div class="main" role="main">
        <tfx-samples .dashboard=${dashboard}></tfx-samples>
        ${
          this.isEnlarged
            ? html`<tfx-enlarged .dashboard=${dashboard}></tfx-enlarged>`
            : html`<tfx-grid .dashboard=${dashboard}></tfx-grid>`
        }
      </div>
    `;
  }

  /** What is known of the kernels, where maps have the room above it. */
  private compression() {
    const { kernels, drift } = this.dashboard.scene.has;
    if (isModelView(this.dashboard) || !(kernels || drift)) return nothing;
    return html`<tfx-compression
      role="region"
      aria-label="Compression"
      .dashboard=${this.dashboard}
    ></tfx-compression>`;
  }

  /** A link may name a map that is not among the shown ones: then the grid is the place to be. */
  private get isEnlarged(): boolean {
    const { view, scene } = this.dashboard;
    return (
      scene.shown.some(({ id }) => id === view.opened?.run) &&
      scene.shownColumns.some(({ group }) => group === view.opened?.group)
    );
  }

  /** Keys that work wherever no control needs them for itself. */
  private steer(event: KeyboardEvent): void {
    const inner = event.composedPath()[0];
    const isControl =
      inner instanceof HTMLElement && inner.matches("input, select, textarea, dialog *");
    if (isControl || event.altKey || event.ctrlKey || event.metaKey) return;
    const isButton = inner instanceof HTMLElement && inner.matches("button, summary");
    if (event.key === " " && isButton) return;
    const act = this.actionOf(event.key);
    if (!act) return;
    event.preventDefault();
    act();
  }

  private actionOf(key: string): (() => void) | undefined {
    const { dashboard } = this;
    const { steps } = dashboard.scene;
    const actions: Readonly<Record<string, () => void>> = {
      ArrowLeft: () => dashboard.move(-1),
      ArrowRight: () => dashboard.move(1),
      PageUp: () => dashboard.move(-10),
      PageDown: () => dashboard.move(10),
      Home: () => dashboard.seek(steps[0] ?? 0),
      End: () => dashboard.seek(steps.at(-1) ?? 0),
      " ": () => this.find<Timeline>("tfx-timeline")?.togglePlay(),
      Escape: () => dashboard.view.opened && dashboard.update({ opened: undefined }),
    };
    return actions[key];
  }
}

define("tfx-app", App);
