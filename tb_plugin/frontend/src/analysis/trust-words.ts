/** What each number of trust asks, and what it says of one map: two sentences, and no verdict. */

import { ERROR, SEED, START, type TrustNumber, trustText } from "./trust.ts";

interface Words {
  /** What was asked of the map. */
  readonly asks: string;
  /** What the level of chance is. */
  readonly chance?: string;
}

const AREA = "the region’s share of the area";
const EVEN = "a map that is the same everywhere";
const RANDOM = "a random order";

const WORDS: Readonly<Record<string, Words>> = {
  [START]: {
    asks: "How like the map is to that of the weights training began with: one that stays alike shows the input, not what was learnt.",
    chance: "another sample’s map at the start",
  },
  [SEED]: {
    asks: "How like the map is to that of another seed of the method’s draws: what differs between them is the method’s noise.",
    chance: "another sample’s map",
  },
  [ERROR]: {
    asks: "How far the method says that its values may be off, as a share of the largest: smaller ones mean nothing.",
  },
  "numerically zero": {
    asks: "Whether the map is zero but for rounding errors (1), so that its pattern means nothing.",
  },
  Deletion: {
    asks: "The mean score while positions are hidden, the map’s strongest first: it falls fast where the map names what the model uses.",
    chance: RANDOM,
  },
  Insertion: {
    asks: "The mean score while positions are shown, the map’s strongest first: it rises fast where the map names what the model uses.",
    chance: RANDOM,
  },
  ROAD: {
    asks: "The mean score while the map’s strongest positions are removed and filled in from their neighbours.",
    chance: RANDOM,
  },
  FaithfulnessCorrelation: {
    asks: "Whether sums of the map over random parts go with how far the score falls without these.",
  },
  Infidelity: { asks: "How much of the score’s fall the map, scaled at best, does not foretell." },
  MaxSensitivity: { asks: "How far the map moves at most under a little noise on the input." },
  LocalLipschitz: { asks: "How far the map moves under a little noise, by the size of the noise." },
  RandomLogit: {
    asks: "How like the map is to that of another class: of classes it should differ.",
  },
  MassAccuracy: { asks: "The share of the evidence that lies in the region.", chance: AREA },
  RankAccuracy: {
    asks: "How many of the strongest positions, as many as the region has, lie in it.",
    chance: AREA,
  },
  TopKIntersection: {
    asks: "How many of the strongest positions lie in the region.",
    chance: AREA,
  },
  PointingGame: { asks: "Whether the strongest position lies in the region.", chance: AREA },
  Entropy: { asks: "How spread out the map is.", chance: EVEN },
  EffectiveShare: { asks: "On how many positions the map lies, as a share of all.", chance: EVEN },
  Gini: { asks: "How concentrated the map is on few positions.", chance: EVEN },
  Completeness: {
    asks: "By how much the map fails to add up to the difference of scores that it promises.",
  },
  InputInvariance: {
    asks: "How far the map changes with a constant on the input that the model takes off again.",
  },
};

/** What was asked; empty of numbers that this page does not know. */
export function asksText(name: string): string {
  return WORDS[name]?.asks ?? "";
}

/** What the number says beside its level of chance. */
export function saysText({ name, value, chance, unit, better }: TrustNumber): string {
  if (Number.isNaN(value)) return "It is not defined for this map.";
  const told = `${trustText(value)} ${unit}`.trim();
  if (Number.isNaN(chance))
    return `Here ${told}; ${better} is better, and no level of chance is known.`;
  const whose = WORDS[name]?.chance ?? "chance";
  const level = `${whose === "chance" ? "chance" : whose} (${trustText(chance)})`;
  const isBetter = better === "lower" ? value < chance : value > chance;
  const compared =
    trustText(value) === trustText(chance)
      ? "the same as"
      : isBetter
        ? "better than"
        : "worse than";
  return `Here ${told}: ${better} is better, and this is ${compared} ${level}.`;
}
