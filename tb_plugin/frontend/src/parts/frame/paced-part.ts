/** A part whose rendering is work: while the playhead moves it is done now and then, and at the end. */

import { PaintedPart } from "./part.ts";

/** At most this often, in milliseconds. */
const PACE = 100;

export abstract class PacedPart extends PaintedPart {
  private rendered: number | undefined;
  private waiting = 0;

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    window.clearTimeout(this.waiting);
    this.waiting = 0;
  }

  override willUpdate(): void {
    this.rendered = this.dashboard.step;
  }

  paint(): void {
    if (this.dashboard.step === this.rendered) return;
    this.waiting ||= window.setTimeout(() => {
      this.waiting = 0;
      this.requestUpdate();
    }, PACE);
  }
}
