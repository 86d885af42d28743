/** What the cells of the grid share: what they show, their look, the colours of the theme. */

import { css, type PropertyDeclarations } from "lit";
import { type Palette, paletteOf } from "../../draw/palette.ts";
import type { Column } from "../../state/columns.ts";
import type { ShownRun } from "../../state/runs.ts";
import type { Opened } from "../../state/view.ts";
import { PaintedPart } from "../frame/part.ts";
import { hideReadout } from "../frame/readout.ts";
import { base, facts, mapButton } from "../frame/styles.ts";

/** Whether a figure leaves no room that a flag could stand on. */
export function hasWords({ layout }: Column): boolean {
  return layout === "tokens" || layout === "features";
}

export abstract class Cell extends PaintedPart {
  static override properties: PropertyDeclarations = {
    column: { attribute: false },
    sample: { type: Number },
    side: { type: Number },
  };
  static override styles = [
    base,
    facts,
    mapButton,
    css`
      :host {
        display: block;
        contain: layout style;
      }
      /* Beside the enlarged map, whose numbers are told; a click enlarges this one. */
      :host([large]) dl,
      :host([large]) .trust,
      :host([large]) .level {
        display: none;
      }
    `,
  ];
  declare column: Column;
  declare sample: number;
  /** In pixels; undefined: as large as all maps of the grid. */
  declare side: number | undefined;

  /** Kept between frames: asking for styles in one makes the browser resolve them all at once. */
  private resolved: { readonly revision: number; readonly palette: Palette } | undefined;

  protected get size(): number {
    return this.side ?? this.dashboard.size;
  }

  protected get palette(): Palette {
    const { revision } = this.dashboard;
    if (this.resolved?.revision !== revision)
      this.resolved = { revision, palette: paletteOf(this) };
    return this.resolved.palette;
  }
}

/** A cell of one run, which can be opened large. */
export abstract class RunCell extends Cell {
  static override properties: PropertyDeclarations = { run: { attribute: false } };
  declare run: ShownRun;

  private readonly onClosed = (event: Event): void => {
    const { run, group, sample } = (event as CustomEvent<Opened>).detail;
    const isThis = run === this.run.id && group === this.column.group && sample === this.sample;
    if (isThis) this.find<HTMLElement>("button")?.focus();
  };

  override connectedCallback(): void {
    super.connectedCallback();
    this.dashboard.addEventListener("closed", this.onClosed);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.dashboard.removeEventListener("closed", this.onClosed);
  }

  protected open(): void {
    hideReadout(this.dashboard);
    const { group } = this.column;
    this.dashboard.update({ opened: { run: this.run.id, group, sample: this.sample } });
  }
}
