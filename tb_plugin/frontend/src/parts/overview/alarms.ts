/** Alarms on the timeline: a line where each run's first one was raised, and a button that says it. */

import { html } from "lit";
import { timeText } from "../../analysis/epochs.ts";
import { type Finding, isAlarm } from "../../analysis/findings.ts";
import type { Dashboard } from "../../state/dashboard.ts";
import type { ShownRun } from "../../state/runs.ts";
import type { Zoom } from "../../state/zoom.ts";
import { LEFT, PADDING, RIGHT } from "../frame/epoch-axis.ts";
import { follow } from "./follow-finding.ts";

interface Alarm {
  readonly run: ShownRun;
  readonly first: Finding;
  /** What all of the run's alarms say. */
  readonly text: string;
}

/** Of each run that is shown. */
export function alarmsOf({ found, scene }: Dashboard): Alarm[] {
  return scene.shown.flatMap((run) => {
    const own = found.findings.filter((finding) => isAlarm(finding) && finding.run === run.name);
    const [first] = own.toSorted((a, b) => a.step - b.step);
    return first ? [{ run, first, text: own.map(({ text }) => text).join("\n") }] : [];
  });
}

export function alarmButtons(dashboard: Dashboard) {
  const last = dashboard.scene.steps.at(-1) ?? 0;
  return alarmsOf(dashboard).map(
    ({ run, first, text }) => html`<button
      class="alarm"
      style="border-color: ${run.colour}"
      title=${text}
      @click=${() => follow(dashboard, first)}
    >
      ⚑ Alarm in ${timeText(first.step, last).toLowerCase()}<span class="hidden">: ${text}</span>
    </button>`,
  );
}

/** By shares of the width: a window that is made narrower moves them too. */
export function alarmLines(dashboard: Dashboard, [from, to]: Zoom) {
  return alarmsOf(dashboard)
    .filter(({ first }) => first.step >= from && first.step <= to)
    .map(({ run, first }) => {
      const share = (first.step - from) / (to - from);
      const [left, sides] = [PADDING + LEFT, PADDING + LEFT + RIGHT];
      return html`<div
        class="alarm-line"
        style="left: calc(${left}px + ${share} * (100% - ${sides}px)); border-color: ${run.colour}"
      ></div>`;
    });
}
