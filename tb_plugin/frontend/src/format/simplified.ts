/** The record of simple models: twin of `SimpleModels` in `tfexplain/wire/records/simplified.py`. */

import { type Moment, readMoment } from "./moment.ts";
import { type Reader, wholes } from "./reader.ts";

const MAX_NODES = 1024;

/** A number with its 95% interval. */
export interface Measured {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

/** A node of the tree; at leaves there is no feature. */
export interface TreeNode {
  /** The place of the feature that is asked for in `names`; -1 at leaves. */
  readonly asks: number;
  /** Rows of at most this value go left. */
  readonly threshold: number;
  readonly left: number;
  readonly right: number;
  readonly value: number;
  /** What is answered, in words. */
  readonly answer: string;
  /** Held-out rows that come by, and in which share of them the network answers so. */
  readonly passed: number;
  readonly agree: number;
}

export interface SimpleModels extends Moment {
  readonly kind: "simple";
  readonly names: readonly string[];
  /** What a feature is. */
  readonly feature: string;
  /** How many features there were, where `names` are those with the largest coefficients. */
  readonly total: number;
  /** Rows that were held out: all is of these. */
  readonly rows: number;
  readonly isOfClasses: boolean;
  /** How much of the network each model says: a share of its decisions, or R2 with its values. */
  readonly fidelity: Readonly<Record<"linear" | "tree", Measured>>;
  /** What one answer for all rows can reach. */
  readonly constant: number;
  /** Accuracy, or R2, on the labels. */
  readonly onLabels: Readonly<Record<"network" | "linear" | "tree", Measured>>;
  /** The root first. */
  readonly nodes: readonly TreeNode[];
  readonly rules: readonly string[];
  /** The classes of the rows of coefficients, none of values, and what they are called. */
  readonly classes: Int32Array;
  readonly whose: readonly string[];
  /** For one standard deviation of each feature, row by row. */
  readonly coefficients: readonly Float32Array[];
}

export function readSimpleModels(raw: Reader): SimpleModels {
  const [names, whose] = [raw.longStrings("names"), raw.longStrings("whose")];
  const nodes = readNodes(raw, names.length);
  const rules = raw.longStrings("rules");
  raw.check(rules.length === nodes.filter(({ asks }) => asks < 0).length, "a rule for each leaf");
  const [linear, tree] = readMeasured(raw, "fidelity", 2);
  const [network, ownLinear, ownTree] = readMeasured(raw, "on_labels", 3);
  const classes = new Int32Array(raw.array("classes", "I32", 1).data);
  raw.check(classes.length === 0 || classes.length === whose.length, "a name for each class");
  const { shape, data } = raw.array("coefficients", "F32", 2);
  const fits = shape[0] === whose.length && shape[1] === names.length;
  raw.check(fits, "a coefficient for each class and feature");
  const [all, width] = [new Float32Array(data), names.length];
  return {
    kind: "simple",
    ...{ names, nodes, rules, classes, whose },
    feature: raw.text("feature"),
    total: raw.number("total"),
    rows: raw.number("rows"),
    isOfClasses: raw.oneOf("of_classes", ["true", "false"]) === "true",
    fidelity: { linear: linear as Measured, tree: tree as Measured },
    constant: raw.number("constant"),
    onLabels: {
      network: network as Measured,
      linear: ownLinear as Measured,
      tree: ownTree as Measured,
    },
    coefficients: whose.map((_, i) => all.subarray(i * width, (i + 1) * width)),
    ...readMoment(raw),
  };
}

function readMeasured(raw: Reader, name: string, models: number): Measured[] {
  const { shape, data } = raw.array(name, "F64", 2);
  raw.check(shape[0] === models && shape[1] === 3, "an estimate for each model");
  const all = new Float64Array(data);
  return Array.from({ length: models }, (_, i) => {
    const [value, low, high] = all.subarray(3 * i, 3 * i + 3);
    return { value: value as number, low: low as number, high: high as number };
  });
}

/** Each node is reached, and once: whoever walks the tree comes to an end. */
function readNodes(raw: Reader, features: number): TreeNode[] {
  const answers = raw.longStrings("answers");
  const count = answers.length;
  raw.check(count > 0 && count <= MAX_NODES, `a tree of 1 to ${MAX_NODES} nodes`);
  const int = (name: string): Int32Array => new Int32Array(raw.array(name, "I32", 1).data);
  const float = (name: string): Float64Array => new Float64Array(raw.array(name, "F64", 1).data);
  const [asks, left, right] = [int("asks"), int("left"), int("right")];
  const [threshold, value, agree] = [float("threshold"), float("value"), float("agree")];
  const passed = wholes(raw, "passed");
  const arrays = [asks, left, right, threshold, value, agree, passed];
  raw.check(
    arrays.every(({ length }) => length === count),
    "an entry for each node",
  );
  const nodes = answers.map(
    (answer, i): TreeNode => ({
      ...{ answer, asks: asks[i] as number, threshold: threshold[i] as number },
      ...{ left: left[i] as number, right: right[i] as number, value: value[i] as number },
      ...{ passed: passed[i] as number, agree: agree[i] as number },
    }),
  );
  raw.check(
    nodes.every((node) => node.asks >= -1 && node.asks < features),
    "features that have a name",
  );
  const children = nodes.flatMap((node, i) =>
    node.asks < 0 ? [] : [node.left, node.right].map((child) => [i, child] as const),
  );
  const isTree =
    children.every(([parent, child]) => child > parent && child < count) &&
    new Set(children.map(([, child]) => child)).size === count - 1 &&
    children.length === count - 1;
  raw.check(isTree, "children behind their parents");
  return nodes;
}
