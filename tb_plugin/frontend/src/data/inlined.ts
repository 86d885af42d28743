/**
 * Answers that stand in the page itself: a report is one file, and no server stands behind it.
 *
 * Each is a `<script type="text/plain" data-answer="route=series&run=RUN&name=GROUP">` of gzip in
 * base64; what is in it is what the server answers.
 */

import { memo } from "../analysis/memo.ts";
import { key } from "./listing.ts";

/** Whether this page is a report. */
export function isReport(): boolean {
  return answersOf(document).size > 0;
}

/** An answer by its route, its run and what was asked of it. */
export async function inlinedAnswer(route: string, run = "", name = ""): Promise<ArrayBuffer> {
  const answer = answersOf(document).get(key(route, run, name));
  if (!answer) throw new Error(`This file holds no ${route} ${name}`);
  return unpacked(answer.text.trim());
}

const answersOf = memo((page: Document) => {
  const answers = new Map<string, HTMLScriptElement>();
  for (const element of page.querySelectorAll<HTMLScriptElement>("script[data-answer]")) {
    const asked = new URLSearchParams(element.dataset.answer);
    const parts = ["route", "run", "name"].map((part) => asked.get(part) ?? "");
    answers.set(key(...parts), element);
  }
  return answers;
});

export async function unpacked(base64: string): Promise<ArrayBuffer> {
  const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Response(stream).arrayBuffer();
}
