/** The badge below a map: up to three numbers of trust, each on a line beside its level of chance. */

import { css } from "lit";
import {
  badgeOf,
  calledOf,
  ERROR,
  meterOf,
  SEED,
  START,
  type TrustNumber,
  trustText,
} from "../../analysis/trust.ts";
import { asksText, saysText } from "../../analysis/trust-words.ts";

/** How a number's line is read. */
export const METER_HELP =
  "On each line: the dot is the number, the tick what chance reaches, and green the side that speaks for the map.";

export const meterStyles = css`
  .meter {
    position: relative;
    display: block;
    height: 4px;
    border-radius: 2px;
    --side: color-mix(in srgb, var(--good) 45%, var(--panel));
    background: var(--line);
  }
  .meter.higher {
    background: linear-gradient(to right, var(--line) var(--chance), var(--side) 0);
  }
  .meter.lower {
    background: linear-gradient(to right, var(--side) var(--chance), var(--line) 0);
  }
  .meter i {
    position: absolute;
    top: -2px;
    width: 8px;
    height: 8px;
    margin-left: -4px;
    border-radius: 50%;
    background: var(--text);
    border: 1px solid var(--panel);
  }
  .meter .chance {
    width: 2px;
    margin-left: -1px;
    border: 0;
    border-radius: 0;
    background: var(--muted);
  }
`;

export const badgeStyles = css`
  .trust {
    display: grid;
    grid-template-columns: auto minmax(16px, 1fr) auto;
    align-items: center;
    gap: 0 7px;
    width: 100%;
    margin-top: 4px;
    padding: 2px 6px;
    border-radius: 4px;
    text-align: left;
    font-size: 11px;
    line-height: 16px;
  }
  .trust[hidden] {
    display: none;
  }
  .trust .called {
    overflow: hidden;
    text-overflow: ellipsis;
    white-space: nowrap;
    color: var(--muted);
  }
  .trust .number {
    text-align: right;
  }
`;

/** What there is room for below a small map. */
const SHORT: Readonly<Record<string, string>> = {
  ...{ [START]: "like start", [SEED]: "other seed", [ERROR]: "est. error" },
};

/** A number's line. */
export function meterNode(one: TrustNumber): HTMLElement {
  const { value, chance } = meterOf(one);
  const node = document.createElement("span");
  const isKnown = Number.isFinite(chance);
  node.className = `meter ${isKnown ? one.better : ""}`;
  node.setAttribute("aria-hidden", "true");
  for (const [name, place] of [
    ["chance", chance],
    ["value", value],
  ] as const) {
    if (!Number.isFinite(place)) continue;
    const mark = document.createElement("i");
    mark.className = name;
    mark.style.left = `${100 * place}%`;
    node.append(mark);
  }
  if (isKnown) node.style.setProperty("--chance", `${100 * chance}%`);
  return node;
}

/** Tell a map's numbers in its badge; without any, there is none. */
export function tellTrust(badge: HTMLElement | undefined, all: readonly TrustNumber[]): void {
  if (!badge) return;
  const shown = badgeOf(all);
  badge.hidden = shown.length === 0;
  const told = shown.map((one) => `${calledOf(one.name)}: ${asksText(one.name)} ${saysText(one)}`);
  const title = [...told, METER_HELP, "Click for all that was measured."].join("\n\n");
  if (badge.title === title) return;
  badge.title = title;
  const asks = document.createElement("span");
  asks.className = "hidden";
  asks.textContent = "Can this map be believed? ";
  badge.replaceChildren(asks, ...shown.flatMap(rowOf));
}

function rowOf(one: TrustNumber): HTMLElement[] {
  const [called, number] = [document.createElement("span"), document.createElement("span")];
  called.className = "called";
  called.textContent = SHORT[one.name] ?? calledOf(one.name);
  number.className = "number";
  number.textContent = Number.isNaN(one.value) ? "–" : trustText(one.value);
  return [called, meterNode(one), number];
}
