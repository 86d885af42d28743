/** The words that say most for what is explained, and against it. */

import { html, nothing } from "lit";
import { featureText, reachOf } from "../../analysis/importance.ts";
import { short } from "../../analysis/numbers.ts";
import { type ToldWord, wordsOf } from "../../analysis/words-told.ts";
import type { RankedRun } from "./importance-runs.ts";
import { valueBar } from "./value-bar.ts";
import { whoText } from "./who.ts";

const MOST = 12;

export function tellingWords(runs: readonly RankedRun[]) {
  const scale = reachOf(
    runs.flatMap(({ record }) =>
      [...record.signed].map((mean) => ({ value: Math.abs(mean), low: 0, high: 0 })),
    ),
  );
  return html`<section>
    <h2>The most telling words</h2>
    ${runs.map((one) => {
      const { speakFor, speakAgainst } = wordsOf(one.record);
      return html`${runs.length > 1 ? html`<h3>${whoText(one.run)}</h3>` : nothing}
        <div class="words">
          ${side("For what is explained", one, speakFor, scale)}
          ${side("Against it", one, speakAgainst, scale)}
        </div>`;
    })}
  </section>`;
}

function side(
  text: string,
  { run, record }: RankedRun,
  words: readonly ToldWord[],
  scale: readonly [number, number],
) {
  return html`<table>
    <thead>
      <tr>
        <th scope="col">${text}</th>
        <th scope="col" title="Mean attribution over the rows, with its sign">Mean</th>
        <th scope="col" class="number">In rows</th>
      </tr>
    </thead>
    <tbody>
      ${words.slice(0, MOST).map(
        ({ feature, mean, rows }) => html`<tr>
          <th scope="row"><span class="cut">${featureText(record, feature)}</span></th>
          <td>
            ${valueBar({ value: Math.abs(mean), low: Number.NaN, high: Number.NaN }, scale, run.colour, (size) => short(Math.sign(mean) * size))}
          </td>
          <td class="number">${rows ?? "–"}</td>
        </tr>`,
      )}
    </tbody>
  </table>`;
}
