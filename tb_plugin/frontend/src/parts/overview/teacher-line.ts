/** One sentence for each student: whether it looks where its teacher looks, beside the control. */

import { css, html, nothing } from "lit";
import { driftChoice, type Moved, movedAt } from "../../analysis/drift.ts";
import { fromText } from "../../analysis/epochs.ts";
import { percent } from "../../analysis/numbers.ts";
import {
  looksOf,
  looksText,
  measuredText,
  OTHERS,
  SAME,
  verdictOf,
} from "../../analysis/teacher.ts";
import { knownAt } from "../../data/series.ts";
import { Changes } from "../../draw/changes.ts";
import { TEACHER } from "../../tables.ts";
import { define, PaintedPart } from "../frame/part.ts";
import { base } from "../frame/styles.ts";

const MEANING =
  "1: both maps order all positions alike; 0: no relation. With the teacher’s maps of other samples: what is alike whatever the sample, such as a bright middle. Of samples that both predict alike";

export class TeacherLine extends PaintedPart {
  static override styles = [
    base,
    css`
      p {
        padding: 7px 16px;
        border-bottom: 1px solid var(--line);
        background: var(--panel);
      }
      .dot {
        display: inline-block;
        margin-right: 6px;
      }
    `,
  ];

  private readonly records = new Changes();

  override render() {
    const { choice, students } = this;
    this.records.differ(...students.flatMap(({ drift, isNow }) => [drift, isNow]));
    return choice ? students.map((one) => this.sentence(one)) : nothing;
  }

  /** Only where the playhead came to other records is there anything to say anew. */
  paint(): void {
    if (this.records.differ(...this.students.flatMap(({ drift, isNow }) => [drift, isNow]))) {
      this.requestUpdate();
    }
  }

  private get choice() {
    const { scene, store, view } = this.dashboard;
    return driftChoice(scene.shown, store, view);
  }

  private get students(): Moved[] {
    return this.moved(SAME).filter(({ drift }) => drift.reference === TEACHER);
  }

  private moved(measure: string): Moved[] {
    const { scene, store, step } = this.dashboard;
    const { choice } = this;
    return choice ? movedAt(scene.shown, store, choice.explained, measure, step) : [];
  }

  private sentence(moved: Moved) {
    const { run, scores } = moved;
    const others = this.moved(OTHERS).find((one) => one.run.id === run.id)?.scores ?? [];
    const looks = looksOf(scores, others);
    const dot = html`<span class="dot" style="background: ${run.colour}"></span>`;
    if (!looks) {
      return html`<p>
        ${dot}<b>${run.name}</b>
        <span class="muted">No sample that it predicts as its teacher does has maps to compare.</span>
      </p>`;
    }
    const told = [
      measuredText(looks, this.choice?.explained.explainer ?? ""),
      this.agreement(moved),
      fromText(moved),
    ];
    return html`<p>
      ${dot}<b>${run.name}</b> looks where its teacher looks <b>${verdictOf(looks)}</b>:
      <span title=${MEANING}>${looksText(looks)}</span>.
      <span class="muted">${told.filter(Boolean).join(" · ")}</span>
    </p>`;
  }

  private agreement({ run, step }: Moved): string {
    const { record } = knownAt(this.dashboard.store.get(run.id, "fidelity"), "fidelity", step);
    const agreement = record?.numbers.get("agreement");
    return agreement === undefined ? "" : `same prediction ${percent(agreement)}`;
  }
}

define("tfx-teacher-line", TeacherLine);
