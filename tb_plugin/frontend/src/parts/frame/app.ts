/** The page: toolbar, notes, one view or two beside each other, timeline. */

import { css, html, nothing, type PropertyDeclarations } from "lit";
import { styleMap } from "lit/directives/style-map.js";
import { isEnlarged, openNeighbour } from "../../state/opened.ts";
import type { Opened } from "../../state/view.ts";
import "../maps/samples-view.ts";
import "../overview/overview.ts";
import "./divider.ts";
import "./empty-state.ts";
import "./notes.ts";
import { Later } from "./later.ts";
import { define, Part } from "./part.ts";
import "./readout.ts";
import type { RunDetails } from "./run-details.ts";
import { base, theme } from "./styles.ts";
import type { Timeline } from "./timeline.ts";
import "./timeline.ts";
import "./toolbar.ts";
import { isInSight, layers, renderView, shownViews, textOf } from "./views.ts";

/** `null` is what an event without a number holds. */
type Share = CustomEvent<number | null>;

/** Shares of the room, in percent, where nobody moved a divider. */
const USUAL = { share: 60, across: 50 } as const;

const details = new Later("The details", () => import("./run-details.ts"));

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
        display: flex;
        flex: 1;
        min-height: 0;
      }
      .main > :not(tfx-divider) {
        flex: 1;
        min-width: 0;
        min-height: 0;
      }
      .main > section {
        display: grid;
        grid-template: minmax(0, 1fr) / minmax(0, 1fr);
      }
      .main > .first {
        flex: none;
        width: var(--share);
      }
      tfx-empty {
        flex: 1;
      }
      .bottom {
        display: grid;
        grid-template: minmax(0, auto) / minmax(0, 1fr);
      }
      .bottom > tfx-compression {
        order: -1;
      }
      .bottom > tfx-divider {
        display: none;
      }
      /* Beside each other, they leave the room to the maps. */
      @media (min-width: 960px) {
        .bottom:has(tfx-compression) {
          grid-template-columns: minmax(0, var(--across)) 1px minmax(0, 1fr);
        }
        .bottom:has(tfx-compression[closed]) {
          grid-template-columns: minmax(0, 1fr) auto;
        }
        .bottom > tfx-divider {
          display: block;
        }
        .bottom:has(tfx-compression[closed]) > tfx-divider {
          display: none;
        }
        .bottom > tfx-compression {
          border-top: 0;
          order: 1;
        }
        .bottom > tfx-compression:not([closed]) {
          contain: size;
          height: auto;
          min-height: clamp(150px, 20vh, 260px);
        }
        .bottom > tfx-compression[closed] {
          border-left: 1px solid var(--line);
        }
      }
      tfx-divider:has(+ .bottom > tfx-timeline[hidden]:only-child) {
        display: none;
      }
      .bottom.sized {
        flex: none;
        grid-template-rows: minmax(0, 1fr);
      }
      .bottom.sized > tfx-compression,
      .bottom > tfx-compression[closed] {
        height: auto;
      }
    `,
  ];
  declare dark: boolean;

  /** What is enlarged: when it is closed, the focus goes back to where it was opened. */
  private enlarged: Opened | undefined;

  private readonly onKey = (event: KeyboardEvent): void => this.steer(event);

  /** A notebook's frame, which leaves the maps no room beside a timeline of several tracks. */
  private readonly low = window.matchMedia("(max-height: 699px)");
  private readonly onHeight = (): void => this.requestUpdate();

  /** Whether details were asked for. */
  private isDetailed = false;

  override connectedCallback(): void {
    super.connectedCallback();
    document.addEventListener("keydown", this.onKey);
    this.low.addEventListener("change", this.onHeight);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    document.removeEventListener("keydown", this.onKey);
    this.low.removeEventListener("change", this.onHeight);
  }

  /** The first time they show themselves, once they are loaded. */
  private showDetails(): void {
    this.find<RunDetails>("tfx-details")?.show();
    this.isDetailed = true;
    this.requestUpdate();
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
              @details=${this.showDetails}
            ></tfx-toolbar>
            <tfx-notes .dashboard=${dashboard}></tfx-notes>
            <div class="main" role="main">${this.views()}</div>
            ${this.bottom()}
            ${
              this.isDetailed
                ? details.render(
                    this,
                    () => html`<tfx-details .dashboard=${dashboard}></tfx-details>`,
                  )
                : nothing
            }
          `
      }
      <tfx-readout .dashboard=${dashboard}></tfx-readout>
    `;
  }

  override updated(): void {
    const { dashboard, enlarged: detail } = this;
    this.enlarged = isEnlarged(dashboard) ? dashboard.view.opened : undefined;
    if (!detail || this.enlarged) return;
    // Once the maps are there again.
    requestAnimationFrame(() => dashboard.dispatchEvent(new CustomEvent("closed", { detail })));
  }

  /** One view, or two with a divider between them. */
  private views() {
    const { dashboard } = this;
    const [main, beside] = shownViews(dashboard);
    if (!beside) return renderView(dashboard, main);
    const share = `${dashboard.view.share ?? USUAL.share}%`;
    return html`
      <section class="first" style=${styleMap({ "--share": share })} aria-label=${textOf(main)}>
        ${renderView(dashboard, main)}
      </section>
      <tfx-divider
        label="Width of ${textOf(main)}"
        @share=${({ detail }: Share) => dashboard.update({ share: detail ?? undefined })}
      ></tfx-divider>
      <section aria-label=${textOf(beside)}>${renderView(dashboard, beside)}</section>
    `;
  }

  /** The timeline, and beside it what is known of the layers. */
  private bottom() {
    const { dashboard } = this;
    const { bottom, across } = dashboard.view;
    const isFolded = isEnlarged(dashboard) && isInSight(dashboard, "samples");
    const isSized = bottom !== undefined && !isFolded;
    const sizes = {
      "--across": `${across ?? USUAL.across}%`,
      ...(isSized ? { height: `${bottom}%` } : {}),
    };
    return html`
      ${
        isFolded
          ? nothing
          : html`<tfx-divider
            orientation="horizontal"
            of="next"
            label="Height of the timeline"
            @share=${({ detail }: Share) => dashboard.update({ bottom: detail ?? undefined })}
          ></tfx-divider>`
      }
      <div class="bottom ${isSized ? "sized" : ""}" style=${styleMap(sizes)}>
        <tfx-timeline
          role="region"
          aria-label="Timeline"
          .dashboard=${dashboard}
          ?folded=${isFolded || (this.low.matches && bottom === undefined)}
        ></tfx-timeline>
        ${isFolded ? nothing : this.compression()}
      </div>
    `;
  }

  /** What is known of the layers, where no view shows it. */
  private compression() {
    const { dashboard } = this;
    const { kernels, health, drift } = dashboard.scene.has;
    const isOverview = isInSight(dashboard, "overview") && !isInSight(dashboard, "samples");
    if (isOverview || isInSight(dashboard, "model") || !(kernels || health || drift)) {
      return nothing;
    }
    return html`<tfx-divider
        label="Width of the timeline"
        @share=${({ detail }: Share) => dashboard.update({ across: detail ?? undefined })}
      ></tfx-divider>
      ${layers.render(
        this,
        () => html`<tfx-compression role="region" aria-label="Compression" .dashboard=${dashboard}>
        </tfx-compression>`,
      )}`;
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
      ...(isEnlarged(dashboard)
        ? {
            ArrowUp: () => openNeighbour(dashboard, -1),
            ArrowDown: () => openNeighbour(dashboard, 1),
          }
        : {}),
      Escape: () => dashboard.view.opened && dashboard.update({ opened: undefined }),
    };
    return actions[key];
  }
}

define("tfx-app", App);
