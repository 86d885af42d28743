/** What is known of the weights: a script of its own, loaded when any of it is first shown. */

import "../drift/drift-panel.ts";
import "./kernel-table.ts";
import "./kernel-view.ts";
import "./layer-strip.ts";
