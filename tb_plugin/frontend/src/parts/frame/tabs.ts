/** A row of tabs: the arrow keys move along it. */

import { css, html, nothing } from "lit";

export interface TabText<N extends string> {
  readonly name: N;
  readonly text: string;
  readonly title: string;
}

export const tabStyles = css`
  [role="tablist"] {
    display: flex;
    align-self: stretch;
  }
  [role="tab"] {
    border: 0;
    border-bottom: 2px solid transparent;
    border-radius: 0;
    background: none;
    padding: 4px 12px 3px;
    color: var(--muted);
  }
  [role="tab"]:hover {
    color: var(--text);
  }
  [role="tab"][aria-selected="true"] {
    color: var(--accent);
    border-color: var(--accent);
    font-weight: 500;
  }
`;

/** Tabs of the panel with the id `body`. */
export function tabList<N extends string>(
  label: string,
  tabs: readonly TabText<N>[],
  chosen: N | undefined,
  choose: (name: N) => void,
) {
  const steer = (event: KeyboardEvent): void => {
    const by = event.key === "ArrowRight" ? 1 : event.key === "ArrowLeft" ? -1 : 0;
    const here = event.target;
    if (by === 0 || !(here instanceof HTMLElement)) return;
    event.preventDefault();
    event.stopPropagation();
    const at = tabs.findIndex(({ name }) => here.id === `tab-${name}`);
    const place = (at + by + tabs.length) % tabs.length;
    const next = tabs[place];
    if (!next) return;
    choose(next.name);
    const tab = here.parentElement?.children[place];
    if (tab instanceof HTMLElement) tab.focus();
  };
  return html`<div data-screen role="tablist" aria-label=${label} @keydown=${steer}>
    ${tabs.map(
      ({ name, text, title }) => html`<button
        role="tab"
        id="tab-${name}"
        aria-selected=${name === chosen}
        aria-controls=${name === chosen ? "body" : nothing}
        tabindex=${name === (chosen ?? tabs[0]?.name) ? 0 : -1}
        title=${title}
        @click=${() => choose(name)}
      >
        ${text}
      </button>`,
    )}
  </div>`;
}
