/** Whether there is anything to draw anew. */

export class Changes {
  private last: readonly unknown[] | undefined;

  /** Whether these are not the things of the last call; they count as drawn from now on. */
  differ(...things: readonly unknown[]): boolean {
    const { last } = this;
    this.last = things;
    return last?.length !== things.length || things.some((thing, i) => thing !== last[i]);
  }

  /** The next things differ, whatever they are. */
  forget(): void {
    this.last = undefined;
  }
}
