/** Evaluations of runs on their validation rows, fetched as epochs are looked at. */

import { lastUntil } from "../analysis/epochs.ts";
import { EVALUATED } from "../tables.ts";
import { fetchEvaluatedSteps, fetchEvaluation, fetchTotals } from "./api.ts";
import type { Run } from "./listing.ts";
import { key } from "./listing.ts";
import { messageOf } from "./series.ts";

/** What is known of a run at the playhead. */
export interface KnownEvaluation {
  /** Of which epoch it is; undefined where nothing is known until the playhead. */
  readonly step: number | undefined;
  readonly answer: unknown;
  readonly error: string;
  /** Whether that of the playhead is on its way, and this is of the epoch looked at before. */
  readonly isLoading: boolean;
}

interface Held {
  readonly step: number;
  readonly answer: unknown;
  readonly error: string;
}

interface Asked {
  readonly stamp: string;
  readonly steps: readonly number[];
  /** The totals of every epoch, in the server's words. */
  readonly totals: unknown;
}

/** Of how many epochs of all runs answers are kept; one is some 100 kB. */
const MOST_HELD = 64;

export class Evaluations {
  private readonly asked = new Map<string, Asked>();
  /** By run and step, the longest unused first. */
  private readonly held = new Map<string, Held>();
  /** By run, what was shown last. */
  private readonly shown = new Map<string, Held>();
  /** By run, the step that is on its way, and the one that is wanted after it. */
  private readonly loading = new Map<string, { next: number | undefined }>();
  private listing = 0;
  private readonly onChange: () => void;

  constructor(onChange: () => void) {
    this.onChange = onChange;
  }

  get busy(): boolean {
    return this.listing > 0 || this.loading.size > 0;
  }

  /** The epochs of which a run's evaluation is known. */
  steps(run: string): readonly number[] {
    return this.asked.get(run)?.steps ?? [];
  }

  /** The answer that holds the totals of all of a run's epochs, once it is there. */
  totals(run: string): unknown {
    return this.asked.get(run)?.totals;
  }

  /** Learn of which epochs there are evaluations, where a log is new or has grown. */
  async ensure(runs: readonly (Run | undefined)[]): Promise<void> {
    await Promise.all(runs.map((run) => run && this.ask(run)));
  }

  /** What is known of a run at an epoch; what is not there yet is fetched. */
  at(run: string, playhead: number): KnownEvaluation {
    const step = lastUntil(this.steps(run), playhead, (one) => one);
    if (step === undefined) return { step, answer: undefined, error: "", isLoading: false };
    const held = this.held.get(key(run, String(step)));
    if (held) {
      this.keep(run, held);
      this.shown.set(run, held);
      return { ...held, isLoading: false };
    }
    this.want(run, step);
    return { ...(this.shown.get(run) ?? { step, answer: undefined, error: "" }), isLoading: true };
  }

  private async ask({ run, groups }: Run): Promise<void> {
    const stamp = groups.find(({ kind }) => EVALUATED.some((one) => one === kind))?.stamp ?? "";
    const before = this.asked.get(run);
    if (stamp === "" || before?.stamp === stamp) return;
    const { totals, steps: known = [] } = before ?? {};
    this.asked.set(run, { stamp, steps: known, totals });
    this.listing++;
    try {
      const steps = await fetchEvaluatedSteps(run);
      // Where a training began anew, what was known is of the one before.
      if (known.some((step, i) => step !== steps[i])) this.forget(run);
      this.asked.set(run, { stamp, steps, totals });
      void this.askTotals(run, stamp);
    } catch {
      // It is asked again with the next listing; until then the view says that there is nothing.
      this.asked.delete(run);
    }
    this.listing--;
    this.onChange();
  }

  /** Of a long log they take a while: what is looked at does not wait for its curves. */
  private async askTotals(run: string, stamp: string): Promise<void> {
    const totals = await fetchTotals(run).catch(() => undefined);
    const asked = this.asked.get(run);
    if (asked?.stamp !== stamp) return;
    this.asked.set(run, { ...asked, totals });
    this.onChange();
  }

  /** While the playhead moves, one is on its way at a time, and the last one wanted comes next. */
  private want(run: string, step: number): void {
    const loading = this.loading.get(run);
    if (loading) {
      loading.next = step;
      return;
    }
    const own: { next: number | undefined } = { next: undefined };
    this.loading.set(run, own);
    void this.load(run, step).then(() => {
      this.loading.delete(run);
      const { next } = own;
      if (next !== undefined && !this.held.has(key(run, String(next)))) this.want(run, next);
      this.onChange();
    });
  }

  private async load(run: string, step: number): Promise<void> {
    try {
      this.keep(run, { step, answer: await fetchEvaluation(run, step), error: "" });
    } catch (error) {
      this.keep(run, { step, answer: undefined, error: messageOf(error) });
    }
  }

  private keep(run: string, one: Held): void {
    const id = key(run, String(one.step));
    this.held.delete(id);
    this.held.set(id, one);
    for (const oldest of this.held.keys()) {
      if (this.held.size <= MOST_HELD) return;
      this.held.delete(oldest);
    }
  }

  private forget(run: string): void {
    this.shown.delete(run);
    for (const id of [...this.held.keys()]) if (id.startsWith(key(run, ""))) this.held.delete(id);
  }
}
