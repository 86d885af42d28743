/** Which numbers are tracks of the timeline: a button, and a list to tick them in. */

import { html, nothing } from "lit";
import type { Track } from "../../draw/tracks.ts";
import type { Dashboard } from "../../state/dashboard.ts";

/** `open` is called when the list opens: some curves are known only then. */
export function trackChoice(
  dashboard: Dashboard,
  all: readonly Track[],
  chosen: readonly Track[],
  open: () => void,
) {
  if (all.length < 2) return nothing;
  const names = chosen.map(({ name }) => name);
  const toggle = (name: string): void =>
    dashboard.update({
      tracks: names.includes(name) ? names.filter((one) => one !== name) : [...names, name],
    });
  return html`<button
      class="choose"
      popovertarget="tracks"
      title="Which numbers are drawn over the epochs"
    >
      Curves
    </button>
    <div id="tracks" popover role="group" aria-label="Curves" @beforetoggle=${(event: Event) => {
      place(event);
      open();
    }}>
      ${all.map(
        ({ name, title }) => html`<label>
          <input type="checkbox" .checked=${names.includes(name)} @change=${() => toggle(name)} />
          ${title}
        </label>`,
      )}
      ${
        dashboard.view.tracks
          ? html`<button @click=${() => dashboard.update({ tracks: undefined })}>The usual</button>`
          : nothing
      }
    </div>`;
}

/** Above its button. */
function place(event: Event): void {
  const list = event.target as HTMLElement;
  const box = list.previousElementSibling?.getBoundingClientRect();
  if (!box) return;
  list.style.right = `${innerWidth - box.right}px`;
  list.style.bottom = `${innerHeight - box.top + 4}px`;
}
