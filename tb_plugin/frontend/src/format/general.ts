/** Has the records decoded that only the view of rows shows: with its script it is loaded. */

import { readClusters } from "./clustered.ts";
import { readDependence } from "./dependent.ts";
import { readImportance } from "./ranked.ts";
import { alsoDecode } from "./records.ts";
import { readRobustness } from "./robust.ts";
import { readSimpleModels } from "./simplified.ts";
import { readThumbnails } from "./thumbnails.ts";

alsoDecode({
  importance: readImportance,
  dependence: readDependence,
  simple: readSimpleModels,
  robustness: readRobustness,
  clusters: readClusters,
  thumbnails: readThumbnails,
});
