/** The samples and their maps: a script of its own, loaded when these are first shown. */

import "./grid.ts";
import "./samples.ts";
