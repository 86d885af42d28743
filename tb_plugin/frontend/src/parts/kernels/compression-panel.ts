/** The panel below the maps: layers over epochs, kernels in a table, where the focus moved. */

import { css, html, nothing, type PropertyDeclarations } from "lit";
import "../../format/healthy.ts";
import "../../format/structured.ts";
import { holds } from "../../state/runs.ts";
import type { PanelName } from "../../state/view.ts";
import { Later } from "../frame/later.ts";
import "../overview/findings-strip.ts";
import { define, Part } from "../frame/part.ts";
import { base } from "../frame/styles.ts";
import { type TabText, tabList, tabStyles } from "../frame/tabs.ts";

type TabName = Exclude<PanelName, "closed">;

const TABS: readonly TabText<TabName>[] = [
  { name: "layers", text: "Layers", title: "One number of every layer over all epochs" },
  {
    name: "graph",
    text: "Graph",
    title: "Which layer reads which, coloured by one number at this epoch",
  },
  {
    name: "stages",
    text: "Stages",
    title: "Maps of one sample at one layer after the other, from input to prediction",
  },
  {
    name: "kernel",
    text: "Chosen layer",
    title: "The chosen layer: histograms of its weights, gradients and activations, and facts",
  },
  { name: "table", text: "Table", title: "All numbers of all layers at this epoch" },
  {
    name: "activations",
    text: "Activations",
    title: "What quantization does to the outputs of each layer, beside the float model’s",
  },
  {
    name: "cost",
    text: "Cost",
    title: "What compressing each layer alone would cost, and what to compress first",
  },
  {
    name: "payers",
    text: "Who pays?",
    title: "Which classes, groups and rows a compressed model is worse for",
  },
  {
    name: "focus",
    text: "Focus",
    title: "What moved between a run’s maps and those of its reference",
  },
];

const model = new Later("What is known of the weights", () => import("./model.ts"));
const stages = new Later("The stages of the model", () => import("./stage-ladder.ts"));
const cost = new Later("What compression would cost", () => import("./sensitivity-view.ts"));
const activations = new Later(
  "Activations of quantized models",
  () => import("./activation-view.ts"),
);
const payers = new Later("Who pays for a compression", () => import("../drift/payers-view.ts"));
const graph = new Later("The graph of layers", () => import("./layer-graph.ts"));

export class CompressionPanel extends Part {
  static override properties: PropertyDeclarations = { alone: { type: Boolean, reflect: true } };
  static override styles = [
    base,
    tabStyles,
    css`
      :host {
        display: flex;
        flex-direction: column;
        height: clamp(170px, 21vh, 380px);
        min-height: 0;
        background: var(--panel);
        border-top: 1px solid var(--line);
      }
      :host([closed]) {
        height: auto;
      }
      :host([alone]) {
        height: 100%;
        border-top: 0;
      }
      header {
        display: flex;
        align-items: center;
        gap: 4px 16px;
        padding: 0 16px;
        border-bottom: 1px solid var(--line);
        min-height: 33px;
      }
      .fold {
        margin-left: auto;
        white-space: nowrap;
      }
      /* At the side of the timeline, closed tabs stand below each other. */
      @media (min-width: 960px) {
        :host([closed]) header {
          flex-direction: column-reverse;
          justify-content: flex-end;
          border-bottom: 0;
          padding: 6px 8px;
        }
        :host([closed]) [role="tablist"] {
          flex-direction: column;
        }
        :host([closed]) [role="tab"] {
          border-bottom: 0;
          text-align: left;
        }
        :host([closed]) .fold {
          margin: 0;
        }
      }
      .body {
        flex: 1;
        min-height: 0;
        display: grid;
        grid-template: minmax(0, 1fr) / minmax(0, 1fr);
      }
      .body.layers {
        grid-template-columns: minmax(0, 1fr) minmax(330px, 41%);
      }
      .empty {
        grid-column: 1 / -1;
        padding: 16px;
        color: var(--muted);
      }
      .room {
        flex: 1;
        min-height: 0;
        display: flex;
        flex-direction: column;
        container-type: inline-size;
      }
      /* Its own tab has the room then. */
      @container (max-width: 840px) {
        .body.layers {
          grid-template-columns: minmax(0, 1fr);
        }
        :host(:not([alone])) .body.layers tfx-kernel {
          display: none;
        }
        /* A view is high: there it stands below. */
        :host([alone]) .body.layers {
          grid-template-rows: minmax(0, auto) minmax(45%, 1fr);
        }
      }
    `,
  ];

  /** In its own view it is never closed. */
  declare alone: boolean;

  override render() {
    const { tab, tabs } = this;
    const title = this.alone ? "Layers" : "Compression";
    return html`
      ${this.alone ? this.findings() : nothing}
      <header data-screen>
        ${tabList(title, tabs, tab, (panel) => this.dashboard.update({ panel }))}
        ${this.alone ? nothing : this.fold()}
      </header>
      ${
        tab
          ? html`<div class="room">
            <div class="body ${tab === "graph" ? "layers" : tab}" id="body" role="tabpanel" aria-labelledby="tab-${tab}">
              ${model.render(this, () => this.body(tab))}
            </div>
          </div>`
          : nothing
      }
    `;
  }

  override updated(): void {
    this.toggleAttribute("closed", !this.tab);
  }

  private body(tab: TabName) {
    const { dashboard } = this;
    if (tab === "focus") return html`<tfx-drift-panel .dashboard=${dashboard}></tfx-drift-panel>`;
    if (tab === "table") {
      return html`<tfx-kernel-table .dashboard=${dashboard}></tfx-kernel-table>`;
    }
    if (tab === "stages") {
      return stages.render(this, () => html`<tfx-stages .dashboard=${dashboard}></tfx-stages>`);
    }
    if (tab === "cost") {
      return cost.render(
        this,
        () => html`<tfx-sensitivity .dashboard=${dashboard}></tfx-sensitivity>`,
      );
    }
    if (tab === "activations") {
      return activations.render(
        this,
        () => html`<tfx-activations .dashboard=${dashboard}></tfx-activations>`,
      );
    }
    if (tab === "payers") {
      return payers.render(this, () => html`<tfx-payers .dashboard=${dashboard}></tfx-payers>`);
    }
    if (tab === "kernel") return html`<tfx-kernel .dashboard=${dashboard}></tfx-kernel>`;
    const left =
      tab === "graph"
        ? graph.render(
            this,
            () => html`<tfx-layer-graph .dashboard=${dashboard}></tfx-layer-graph>`,
          )
        : html`<tfx-layer-strip .dashboard=${dashboard}></tfx-layer-strip>`;
    return html`${left}
      <tfx-kernel .dashboard=${dashboard}></tfx-kernel>`;
  }

  /** What stands out of layers, or all that does where no overview tells it. */
  private findings() {
    const { dashboard } = this;
    const { evidence, health } = dashboard.scene.has;
    if (!health) return nothing;
    return html`<tfx-findings data-screen .dashboard=${dashboard} ?layers=${evidence}></tfx-findings>`;
  }

  private fold() {
    const isOpen = this.tab !== undefined;
    const panel = isOpen ? "closed" : (this.tabs[0]?.name ?? "layers");
    return html`<button
      class="fold"
      title=${isOpen ? "Leave the room to the timeline" : "Show what is known of the weights"}
      aria-expanded=${isOpen}
      @click=${() => this.dashboard.update({ panel })}
    >
      ${isOpen ? "Hide" : "Show"}
    </button>`;
  }

  private get tabs(): readonly TabText<TabName>[] {
    const { has, ladder } = this.dashboard.scene;
    const { kernels, health, drift, structure } = has;
    const known = {
      stages: this.alone && ladder.length > 0,
      layers: kernels || health,
      graph: this.alone && structure,
      kernel: kernels || health || (this.alone && structure),
      table: kernels,
      activations: this.alone && holds(this.dashboard.scene.shown, ["activations"]),
      cost: this.alone && holds(this.dashboard.scene.shown, ["sensitivity"]),
      payers: this.alone && holds(this.dashboard.scene.shown, ["payers", "exemplars", "overlaps"]),
    };
    return TABS.filter(({ name }) => (name === "focus" ? drift : known[name]));
  }

  /** undefined where the panel is closed. */
  private get tab(): TabName | undefined {
    const { view, scene } = this.dashboard;
    // Of a model that is as it was trained, the panel opens only for those who ask for it.
    const panel = view.panel ?? (scene.has.compressed ? "layers" : "closed");
    if (panel === "closed" && !this.alone) return undefined;
    return (this.tabs.find(({ name }) => name === panel) ?? this.tabs[0])?.name;
  }
}

define("tfx-compression", CompressionPanel);
