/** The records of regions: twins of `Masks` and `Regions` in `tfexplain/wire/records/regional.py`. */

import { sizes } from "./exchanged.ts";
import { type Moment, readMoment } from "./moment.ts";
import type { Reader } from "./reader.ts";
import { alsoDecode } from "./records.ts";

/** Where the regions of one input lie. */
export interface Masks {
  readonly kind: "masks";
  readonly names: readonly string[];
  /** Whether evidence should not lie there. */
  readonly avoid: readonly boolean[];
  /** R, N (1 where all samples share them), and one to three sides. */
  readonly shape: readonly number[];
  /** Eight positions a byte, the first in the lowest bit. */
  readonly bits: Uint8Array;
  /** The page's number of each sample, where the run's is another. */
  readonly numbers?: readonly number[];
}

/** How much evidence of one explainer at one layer lies in R regions, of each sample. */
export interface Regions extends Moment {
  readonly kind: "regions";
  readonly names: readonly string[];
  readonly avoid: readonly boolean[];
  /** [N, R]: the share of the evidence inside; NaN where there is none. */
  readonly mass: Float64Array;
  /** [N, R]: whether the strongest position lies inside, a share where several are as strong. */
  readonly pointing: Float64Array;
  /** [N, R]: the region's share of the positions, which is the level of chance of both. */
  readonly area: Float64Array;
  /** The page's number of each sample, where the run's is another. */
  readonly numbers?: readonly number[];
}

export function readMasks(raw: Reader): Masks {
  const bits = new Uint8Array(raw.array("bits", "U8", 1).data);
  const listed = raw.json("shape");
  const rank = Array.isArray(listed) ? listed.length : 0;
  raw.check(rank >= 3 && rank <= 5, "masks of one to three sides");
  const shape = sizes(raw, "shape", rank);
  const count = shape.reduce((product, side) => product * side, 1);
  raw.check(bits.length === Math.ceil(count / 8), "a bit for each position");
  return { kind: "masks", shape, bits, ...readNames(raw, shape[0] ?? 0) };
}

export function readRegions(raw: Reader): Regions {
  const [mass, pointing, area] = ["mass", "pointing", "area"].map((name) =>
    raw.array(name, "F64", 2),
  ) as [Sent, Sent, Sent];
  const isWhole = [pointing, area].every(({ shape }) => shape.join() === mass.shape.join());
  raw.check(isWhole, "numbers of one shape");
  return {
    kind: "regions",
    mass: new Float64Array(mass.data),
    pointing: new Float64Array(pointing.data),
    area: new Float64Array(area.data),
    ...readNames(raw, mass.shape[1] ?? 0),
    ...readMoment(raw),
  };
}

type Sent = ReturnType<Reader["array"]>;

function readNames(raw: Reader, count: number): Pick<Masks, "names" | "avoid"> {
  const [names, avoid] = [raw.strings("names"), raw.json("avoid")];
  raw.check(names.length === count && new Set(names).size === count, "a name for each region");
  const isFlags = Array.isArray(avoid) && avoid.every((own) => typeof own === "boolean");
  raw.check(isFlags && avoid.length === count, "whether to avoid each region");
  return { names, avoid: avoid as boolean[] };
}

// With the scripts that show regions: the first one does not need them.
alsoDecode({ masks: readMasks, regions: readRegions });
