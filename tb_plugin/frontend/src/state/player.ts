/** Plays the epochs at a pace that eyes can follow. */

const PACE = 280;

export class Player {
  private timer = 0;
  private readonly advance: () => void;
  private readonly changed: () => void;

  constructor(advance: () => void, changed: () => void) {
    this.advance = advance;
    this.changed = changed;
  }

  get playing(): boolean {
    return this.timer !== 0;
  }

  toggle(): void {
    if (this.playing) this.stop();
    else this.start();
  }

  stop(): void {
    if (!this.playing) return;
    window.clearInterval(this.timer);
    this.timer = 0;
    this.changed();
  }

  private start(): void {
    this.timer = window.setInterval(this.advance, PACE);
    this.changed();
  }
}
