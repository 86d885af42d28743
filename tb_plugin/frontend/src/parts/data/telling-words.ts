/** The words that say most: for each class, or for a class and against it. */

import { html, nothing } from "lit";
import { featureText, type OfClass, reachOf } from "../../analysis/importance.ts";
import { short } from "../../analysis/numbers.ts";
import { type ToldWord, wordsOf } from "../../analysis/words-told.ts";
import type { RankedRun } from "./importance-runs.ts";
import { valueBar } from "./value-bar.ts";
import { whoText } from "./who.ts";

const MOST = 12;
/** Whose words stand beside each other where no class is chosen. */
const MOST_CLASSES = 4;

interface Side {
  readonly head: string;
  readonly words: readonly ToldWord[];
}

export function tellingWords(runs: readonly RankedRun[], ofClass: OfClass) {
  const all = runs.map((one) => ({ one, sides: sidesOf(one, ofClass) }));
  const scale = reachOf(
    all.flatMap(({ sides }) =>
      sides.flatMap(({ words }) =>
        words.map(({ mean }) => ({ value: Math.abs(mean), low: Number.NaN, high: Number.NaN })),
      ),
    ),
  );
  return html`<section>
    <h2>The most telling words</h2>
    ${all.map(
      ({ one, sides }) => html`${runs.length > 1 ? html`<h3>${whoText(one.run)}</h3>` : nothing}
        <div class="words">${sides.map((side) => sideTable(side, one, scale))}</div>`,
    )}
  </section>`;
}

function sidesOf({ record, classText }: RankedRun, ofClass: OfClass): Side[] {
  const { classes } = record;
  if (classes.length > 0 && ofClass === undefined) {
    return [...classes].slice(0, MOST_CLASSES).map((one) => ({
      head: `For ${classText(one)}`,
      words: wordsOf(record, one).speakFor,
    }));
  }
  const { speakFor, speakAgainst } = wordsOf(record, ofClass);
  const [more, less] =
    ofClass === undefined
      ? ["Raise the output", "Lower the output"]
      : [`For ${classText(ofClass)}`, `Against ${classText(ofClass)}`];
  return [
    { head: more, words: speakFor },
    { head: less, words: speakAgainst },
  ];
}

function sideTable(
  { head, words }: Side,
  { run, record }: RankedRun,
  scale: readonly [number, number],
) {
  return html`<table>
    <thead>
      <tr>
        <th scope="col">${head}</th>
        <th scope="col" title="Attribution with its sign, on average over these rows">Mean</th>
        <th scope="col" class="number" title="In how many of all rows it is">In rows</th>
      </tr>
    </thead>
    <tbody>
      ${words.slice(0, MOST).map(({ feature, mean, rows }) => {
        const size = { value: Math.abs(mean), low: Number.NaN, high: Number.NaN };
        const tell = (value: number): string => short(Math.sign(mean) * value);
        return html`<tr>
          <th scope="row"><span class="cut">${featureText(record, feature)}</span></th>
          <td>${valueBar(size, scale, run.colour, tell)}</td>
          <td class="number">${rows ?? "–"}</td>
        </tr>`;
      })}
    </tbody>
  </table>`;
}
