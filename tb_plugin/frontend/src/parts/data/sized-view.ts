/** What the parts of the view of validation rows share that draw figures into the room there is. */

import type { PropertyDeclarations } from "lit";
import type { PlotSize } from "../../draw/plot.ts";
import { SizedPart } from "../frame/part.ts";
import type { EvaluatedRun } from "./evaluated.ts";

export abstract class SizedView extends SizedPart {
  static override properties: PropertyDeclarations = { runs: { attribute: false } };
  declare runs: readonly EvaluatedRun[];

  protected room: PlotSize = { width: 0, height: 0 };

  /** Figures paint themselves. */
  paint(): void {}

  protected layOut(): void {
    const { clientWidth: width, clientHeight: height } = this;
    if (width === this.room.width && height === this.room.height) return;
    this.room = { width, height };
    this.requestUpdate();
  }

  /** Of `count` figures beside each other, with `beside` left to something else, and as much above. */
  protected figure(count: number, beside: number, above: number): PlotSize {
    const { width, height } = this.room;
    const fits = (width - beside - 32) / count - 20;
    const side = Math.min(460, Math.max(210, Math.min(fits, height - above)));
    return { width: Math.floor(side), height: Math.floor(side) };
  }
}
