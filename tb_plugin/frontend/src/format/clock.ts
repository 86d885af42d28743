/** Steps of the log, as records write them: twin of `tfexplain/wire/clock.py`. */

import { FINE, PARTS } from "../tables.ts";

/** The number of an epoch, which stands for its end; 2.25 is a quarter of epoch 3. */
export function stepOf(event: number): number {
  return event < FINE ? event : (event - FINE - PARTS) / PARTS;
}
