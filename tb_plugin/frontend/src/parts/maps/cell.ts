/** What the cells of the grid share: what they show, their look, and drawing only what changed. */

import { css, type PropertyDeclarations } from "lit";
import { type Ink, inkOf } from "../../draw/palette.ts";
import type { Column } from "../../state/columns.ts";
import type { ShownRun } from "../../state/runs.ts";
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
    `,
  ];
  declare column: Column;
  declare sample: number;

  private drawn: readonly unknown[] = [];
  /** Kept between frames: asking for styles in one makes the browser resolve them all at once. */
  private inked: { readonly revision: number; readonly ink: Ink } | undefined;

  protected get ink(): Ink {
    const { revision } = this.dashboard;
    if (this.inked?.revision !== revision) this.inked = { revision, ink: inkOf(this) };
    return this.inked.ink;
  }

  override updated(): void {
    this.drawn = [];
    super.updated();
  }

  /** Whether these are not the things that were last drawn; they count as drawn from now on. */
  protected isNew(...things: readonly unknown[]): boolean {
    const { length } = this.drawn;
    const same =
      length > 0 && length === things.length && things.every((thing, i) => thing === this.drawn[i]);
    this.drawn = things;
    return !same;
  }
}

/** A cell of one run, which can be opened large. */
export abstract class RunCell extends Cell {
  static override properties: PropertyDeclarations = { run: { attribute: false } };
  declare run: ShownRun;

  protected open(): void {
    hideReadout(this.dashboard);
    const { group } = this.column;
    this.dashboard.update({ opened: { run: this.run.id, group, sample: this.sample } });
  }
}
