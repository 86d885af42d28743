/** The graph of a model's layers, coloured by one number of each at the playhead. */

import { html } from "lit";
import { metricOf, metricText, type Scale } from "../../analysis/compression.ts";
import { type Box, type Layout, layOut, NO_BOX, NOWHERE } from "../../analysis/graph-layout.ts";
import { namesOf, type Table, tableValue } from "../../analysis/kernels.ts";
import {
  callsIn,
  EMPTY,
  firstOpen,
  type GraphNode,
  groupId,
  isGroup,
  type Sight,
  sightOf,
  treeOf,
} from "../../analysis/layer-graph.ts";
import { metricsIn, seriesWith, tableAt } from "../../analysis/strip-rows.ts";
import { type Known, partsOf, type Series } from "../../data/series.ts";
import { Changes } from "../../draw/changes.ts";
import { cellsOf, scaleOf } from "../../draw/strip.ts";
import type { Structure } from "../../format/structured.ts";
import type { ShownRun } from "../../state/runs.ts";
import { define, SizedPart, setText } from "../frame/part.ts";
import { base } from "../frame/styles.ts";
import { graphControls } from "./graph-controls.ts";
import { colourBar, dragScroll, edgesOf, groupBox, nodeBox, stubOf } from "./graph-drawing.ts";
import { callsChosen, choiceOf, rowsInside, textOf } from "./graph-rows.ts";
import { graphTable } from "./graph-table.ts";
import { fitting, nearSight } from "./graph-view.ts";
import { graphStyles } from "./layer-graph-styles.ts";
import type { MetricBar } from "./metric-bar.ts";
import "./metric-bar.ts";

const ZOOMS = { least: 0.15, most: 2, by: 1.25 } as const;

export class LayerGraph extends SizedPart {
  static override styles = [base, graphStyles];

  private run: string | undefined;
  private structure: Structure | undefined;
  private tree: readonly GraphNode[] = [];
  private open: ReadonlySet<string> = new Set();
  private sight: Sight = EMPTY;
  private placed: Layout = NOWHERE;
  private zoom = 0;
  private filter = "";
  private isTable = false;
  private focused: string | undefined;
  private seen: string | undefined;
  private isHidden = false;
  private scale: Scale = { low: 0, high: 1 };
  private readonly gathered = new Changes();
  /** The nodes that show what is known at the playhead. */
  private readonly painted = new Set<string>();
  /** The rows of the metric's table inside each node in sight. */
  private rows: ReadonlyMap<string, readonly string[]> = new Map();

  override render() {
    const { structure } = this;
    if (!structure) return html`<p class="empty">No graph of layers was logged for these runs.</p>`;
    return html`
      <tfx-metric-bar
        .dashboard=${this.dashboard}
        .names=${metricsIn(this.allSeries)}
        .scale=${this.scale}
      ></tfx-metric-bar>
      <div class="bar" data-screen>${this.controls()}</div>
      <div
        class="scroll"
        tabindex="0"
        role="group"
        aria-label=${this.isTable ? "Layers as a table" : "Graph of layers"}
        @pointerdown=${this.grab}
        @wheel=${this.wheel}
        @keydown=${this.steer}
        @scroll=${() => this.dashboard.stage.invalidate()}
      >
        ${this.isTable ? graphTable(structure, this.isFound) : this.graph()}
      </div>
    `;
  }

  private controls() {
    return graphControls({
      runs: this.runs,
      run: this.graphRun?.id,
      filter: this.filter,
      isTable: this.isTable,
      change: (patch) => {
        Object.assign(this, patch);
        this.requestUpdate();
      },
      zoom: (larger) => this.zoomBy(larger ? ZOOMS.by : 1 / ZOOMS.by),
      fit: () => {
        this.zoom = fitting(this.find(".scroll") ?? this, this.placed, ZOOMS.least);
        this.enlarge();
      },
    });
  }

  private graph() {
    const { placed, sight } = this;
    // Their zoom is set apart: rendering all nodes takes longer than a frame.
    return html`<div class="sized">
      <div class="plane" style="width: ${placed.width}px; height: ${placed.height}px">
        ${sight.groups.map(({ node }) => this.group(node))} ${edgesOf(this.placed)}
        ${placed.stubs.map(stubOf)}
        ${sight.nodes.map(({ node }) => this.node(node))}
      </div>
    </div>`;
  }

  private group(node: GraphNode) {
    return groupBox(node, this.boxOf(groupId(node)), () => this.turn(node));
  }

  private node(node: GraphNode) {
    const { layer } = this.dashboard.scene;
    const name = this.nameOf(node);
    const isFolded = isGroup(node);
    const calls = callsIn(node);
    const found = calls.filter((call) => this.isFound(call.row?.name ?? "")).length;
    const choose = (): void => {
      if (isFolded) this.turn(node);
      else if (name !== undefined) this.dashboard.selectLayer(name);
    };
    return nodeBox(node, this.boxOf(node.id), {
      isChosen: !isFolded && name !== undefined && name === layer,
      isHolding: isFolded && calls.some((call) => this.nameOf(call) === layer),
      isStop: node.id === (this.focused ?? this.sight.nodes[0]?.node.id),
      canChoose: isFolded || name !== undefined,
      found: this.filter ? found : undefined,
      choose,
      notice: () => this.notice(node),
    });
  }

  private boxOf(id: string): Box {
    return this.placed.boxes.get(id) ?? NO_BOX;
  }

  // ------------------------------------------------------------------ what is shown

  private get runs(): readonly ShownRun[] {
    return this.dashboard.scene.shown.filter((run) => this.dashboard.structure(run));
  }

  /** The chosen one; else the first that has the chosen layer. */
  get graphRun(): ShownRun | undefined {
    const { runs } = this;
    return (
      runs.find(({ id }) => id === this.run) ??
      runs.find((run) => callsChosen(this.dashboard, run)) ??
      runs[0]
    );
  }

  private get allSeries(): readonly (Series | undefined)[] {
    const run = this.graphRun;
    return run ? this.dashboard.tables(run) : [];
  }

  /** The table that has the metric. */
  private get series(): Series | undefined {
    return seriesWith(this.dashboard.scene.metric, this.allSeries);
  }

  private known(): Known<Table> {
    return tableAt(this.series, this.dashboard.step);
  }

  /** The kernel or layer that a call can be chosen as. */
  private nameOf(node: GraphNode): string | undefined {
    return this.graphRun && choiceOf(this.dashboard, this.graphRun, node);
  }

  private readonly isFound = (name: string): boolean =>
    name.toLowerCase().includes(this.filter.toLowerCase());

  override willUpdate(): void {
    const { dashboard, graphRun } = this;
    const structure = graphRun && dashboard.structure(graphRun);
    if (structure !== this.structure) {
      this.structure = structure;
      this.tree = structure ? treeOf(structure) : [];
      this.open = firstOpen(this.tree);
      this.lay();
    }
    const { metric } = dashboard.scene;
    const { series } = this;
    if (!this.gathered.differ(series, metric, this.sight)) return;
    const names = series ? namesOf(series) : [];
    this.scale = scaleOf(metricOf(metric), [cellsOf(series, names, metric)]);
    this.rows = new Map(
      this.sight.nodes.map(({ node }) => [
        node.id,
        graphRun ? rowsInside(dashboard, graphRun, node, names) : [],
      ]),
    );
  }

  private lay(): void {
    const { structure } = this;
    this.sight = structure ? sightOf(structure, this.tree, this.open) : EMPTY;
    this.placed = layOut(this.sight);
    if (this.zoom === 0) this.zoom = fitting(this.find(".scroll") ?? this, this.placed, 0.9);
  }

  override updated(): void {
    this.enlarge();
    this.painted.clear();
    const { layer } = this.dashboard.scene;
    if (layer !== this.seen) {
      this.seen = layer;
      this.isHidden = true;
    }
    super.updated();
  }

  // ------------------------------------------------------------------ drawing

  paint(): void {
    if (this.isHidden) {
      const chosen = this.find('[aria-pressed="true"].node') ?? this.find(".holds");
      chosen?.scrollIntoView({ block: "nearest", inline: "nearest" });
    }
    this.isHidden = false;
    const known = this.known();
    if (this.isNew(...partsOf(known), this.scale, this.rows)) this.painted.clear();
    const isNear = nearSight(this.find(".scroll") ?? this, this.zoom);
    for (const { node } of this.sight.nodes) {
      const isLate = !this.painted.has(node.id) && isNear(this.boxOf(node.id));
      if (isLate) this.paintNode(node.id, known.record);
    }
    this.find<MetricBar>("tfx-metric-bar")?.tell(this.told(known.record));
  }

  private paintNode(id: string, record: Table | undefined): void {
    this.painted.add(id);
    const metric = metricOf(this.dashboard.scene.metric);
    const own = `[data-stop="${CSS.escape(id)}"]`;
    const values = (this.rows.get(id) ?? []).map((name) => tableValue(record, name, metric.name));
    const [value = Number.NaN] = values;
    const isOne = !this.find(own)?.classList.contains("folded") && !Number.isNaN(value);
    setText(this.find(`${own} .value`), isOne ? metricText(metric.unit, value) : "");
    const bar = this.find<HTMLElement>(`${own} .colour`);
    if (bar) colourBar(bar, values, this.scale);
  }

  private told(record: Table | undefined): string {
    const own = this.sight.nodes.find(({ node }) => node.id === this.focused)?.node;
    const [name] = this.rows.get(own?.id ?? "") ?? [];
    return textOf(this.dashboard, this.graphRun, { own, name, record });
  }

  protected layOut(): void {
    this.requestUpdate();
  }

  // ------------------------------------------------------------------ pointer and keys

  /** Open a folded group, fold an open one. */
  private turn(node: GraphNode): void {
    const open = new Set(this.open);
    if (!open.delete(node.id)) open.add(node.id);
    this.open = open;
    this.lay();
    this.focused = open.has(node.id) ? undefined : node.id;
    this.requestUpdate();
    void this.updateComplete.then(() => {
      const id = open.has(node.id) ? groupId(node) : node.id;
      const place = this.find<HTMLElement>(`[data-stop="${CSS.escape(id)}"]`);
      place?.focus({ preventScroll: true });
      place?.scrollIntoView({ block: "nearest", inline: "nearest" });
    });
  }

  private notice(node: GraphNode): void {
    this.focused = node.id;
    this.dashboard.stage.invalidate();
  }

  private zoomBy(by: number, x?: number, y?: number): void {
    const scroll = this.find<HTMLElement>(".scroll");
    if (!scroll) return;
    const zoom = Math.min(Math.max(this.zoom * by, ZOOMS.least), ZOOMS.most);
    const [left, top] = [x ?? scroll.clientWidth / 2, y ?? scroll.clientHeight / 2];
    const grown = zoom / this.zoom;
    const to = {
      left: (scroll.scrollLeft + left) * grown - left,
      top: (scroll.scrollTop + top) * grown - top,
    };
    this.zoom = zoom;
    this.enlarge();
    scroll.scrollTo(to);
  }

  private enlarge(): void {
    const { placed, zoom } = this;
    const [sized, plane] = [this.find<HTMLElement>(".sized"), this.find<HTMLElement>(".plane")];
    if (!sized || !plane) return;
    sized.style.width = `${placed.width * zoom}px`;
    sized.style.height = `${placed.height * zoom}px`;
    plane.style.transform = `scale(${zoom})`;
    this.dashboard.stage.invalidate();
  }

  private wheel(event: WheelEvent): void {
    if (!event.ctrlKey || this.isTable) return;
    event.preventDefault();
    const box = (event.currentTarget as HTMLElement).getBoundingClientRect();
    this.zoomBy(
      event.deltaY < 0 ? ZOOMS.by : 1 / ZOOMS.by,
      event.clientX - box.left,
      event.clientY - box.top,
    );
  }

  private grab(event: PointerEvent): void {
    if (!this.isTable) dragScroll(event);
  }

  /** Up and down go from node to node in the order of calls. */
  private steer(event: KeyboardEvent): void {
    const by = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
    const here = event.target as HTMLElement;
    if (by === 0 || here.dataset.stop === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    const stops = [...this.renderRoot.querySelectorAll<HTMLElement>("[data-stop]")];
    stops[stops.indexOf(here) + by]?.focus();
  }
}

define("tfx-layer-graph", LayerGraph);
