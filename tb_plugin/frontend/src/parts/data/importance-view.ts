/** What the models use in general, at the playhead. */

import { html } from "lit";
import { define } from "../frame/part.ts";
import { SizedView } from "./sized-view.ts";

export class ImportanceView extends SizedView {
  override render() {
    return html`<p class="empty"></p>`;
  }
}

define("tfx-importance", ImportanceView);
