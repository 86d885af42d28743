/** What Python found in the log, as the route `findings` sends it. */

import { list, number, numbers, object, text } from "../data/listing.ts";
import type { Box } from "./boxes.ts";

export interface Finding {
  readonly kind: string;
  /** As the page calls it. */
  readonly run: string;
  readonly text: string;
  readonly step: number;
  readonly explainer: string;
  readonly layer: string;
  /** Of the kernel or layer `layer`; empty where the finding is about none. */
  readonly metric: string;
  /** By the run's own numbers. */
  readonly samples: readonly number[];
  readonly box: Box;
}

/** Whether evidence lies where it should not: a training with such a finding may be ended. */
export function isAlarm({ kind }: Finding): boolean {
  return kind === "leaves" || kind === "gathers";
}

/** What cannot be read is left out: it is told, never computed with. */
export function readFindings(value: unknown): Finding[] {
  return list(object(value).findings).flatMap((entry) => {
    const json = object(entry);
    const found = {
      kind: text(json.kind),
      run: text(json.run),
      text: text(json.text),
      step: number(json.step),
      explainer: text(json.explainer),
      layer: text(json.layer),
      metric: text(json.metric),
      samples: numbers(json.samples),
      box: readBox(json.box),
    };
    return found.text ? [found] : [];
  });
}

function readBox(value: unknown): Box {
  const axes = list(value).map(numbers);
  const fits = axes.length <= 2 && axes.every(([first = -1, size = 0]) => first >= 0 && size > 0);
  return fits ? axes.map(([first = 0, size = 0]) => [first, size] as const) : [];
}
