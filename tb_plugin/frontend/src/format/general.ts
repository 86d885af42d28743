/** Has the records decoded that only the view of rows shows: with its script it is loaded. */

import { readImportance } from "./ranked.ts";
import { alsoDecode } from "./records.ts";

alsoDecode({ importance: readImportance });
