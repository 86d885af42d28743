/** What is chosen of the graph of layers: its run, names to find, a table in its place, its size. */

import { html, nothing } from "lit";
import type { ShownRun } from "../../state/runs.ts";

interface Choices {
  readonly runs: readonly ShownRun[];
  readonly run: string | undefined;
  readonly filter: string;
  readonly isTable: boolean;
  readonly change: (patch: { run?: string; filter?: string; isTable?: boolean }) => void;
  readonly zoom: (larger: boolean) => void;
  readonly fit: () => void;
}

export function graphControls(choices: Choices) {
  const { runs, filter, isTable, change } = choices;
  const textOf = (event: Event): string => (event.target as HTMLInputElement).value;
  return html`${runs.length > 1 ? runChoice(choices) : nothing}
    <input
      type="search"
      placeholder="Find layers"
      aria-label="Find layers by name"
      .value=${filter}
      @input=${(event: Event) => change({ filter: textOf(event).trim() })}
    />
    <button aria-pressed=${isTable} @click=${() => change({ isTable: !isTable })}>
      As a table
    </button>
    ${isTable ? nothing : zoomButtons(choices)}`;
}

function runChoice({ runs, run, change }: Choices) {
  const choose = (event: Event): void => change({ run: (event.target as HTMLSelectElement).value });
  return html`<select aria-label="Run of the graph" @change=${choose}>
    ${runs.map(
      ({ id, name }) => html`<option value=${id} ?selected=${id === run}>${name}</option>`,
    )}
  </select>`;
}

function zoomButtons({ zoom, fit }: Choices) {
  return html`<span class="zoom">
    <button aria-label="Smaller" title="Smaller" @click=${() => zoom(false)}>−</button>
    <button aria-label="Larger" title="Larger" @click=${() => zoom(true)}>+</button>
    <button title="The whole graph" @click=${fit}>Fit</button>
  </span>`;
}
