/** A report: the page with its answers in one file, which nobody calls `render` of. */

import { render } from "./index.ts";

const { title } = document;
document.documentElement.classList.add("alive");
void render();
document.title = title;
