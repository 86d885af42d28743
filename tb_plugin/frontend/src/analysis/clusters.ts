/** What clusters of maps say: by class, how large each is, and where its evidence lies. */

import type { Cluster, Clusters } from "../format/clustered.ts";
import { memo, memoBy } from "./memo.ts";

export interface ClusterFacts {
  /** Its number among all. */
  readonly number: number;
  readonly cluster: Cluster;
  /** Its rows, by their places in the record. */
  readonly members: readonly number[];
  /** Of the rows of its class that have evidence. */
  readonly share: number;
}

export interface ClusteredClass {
  readonly label: number;
  readonly clusters: readonly ClusterFacts[];
}

/** By class: those first of which a cluster has most evidence where the class's others have none. */
export const byClass = memo((record: Clusters): readonly ClusteredClass[] => {
  const members = record.clusters.map((): number[] => []);
  for (const [row, number] of record.of.entries()) members[number]?.push(row);
  const classes = new Map<number, ClusterFacts[]>();
  for (const [number, cluster] of record.clusters.entries()) {
    const own = members[number] ?? [];
    const all = record.clusters
      .map(({ label }, i) => (label === cluster.label ? (members[i]?.length ?? 0) : 0))
      .reduce((a, b) => a + b, 0);
    const facts = { number, cluster, members: own, share: own.length / all };
    classes.set(cluster.label, [...(classes.get(cluster.label) ?? []), facts]);
  }
  const found = [...classes].map(([label, clusters]) => ({ label, clusters }));
  return found.sort((a, b) => apart(b) - apart(a) || a.label - b.label);
});

/** How much more of a cluster's evidence lies at its small place than of the others', at most. */
function apart({ clusters }: ClusteredClass): number {
  const all = clusters.map(({ cluster: { held, elsewhere } }) => held - elsewhere);
  return Math.max(0, ...all.filter(Number.isFinite));
}

/** The evidence for the class of a cluster over its grid: of a volume the most of any slice. */
export const evidenceOf = memoBy((record: Clusters, number: number) => {
  const [width = 1, height = 1] = [...record.sides].reverse();
  const data = new Float32Array(width * height);
  for (const [i, value] of (record.clusters[number]?.mean ?? []).entries()) {
    const at = i % data.length;
    data[at] = Math.max(data[at] ?? 0, value, 0);
  }
  return { data, width, height, scale: 1 };
});

/** What speaks most for or against, where features have names. */
export function largestFeatures(
  { names }: Clusters,
  { mean }: Cluster,
  count: number,
): readonly (readonly [name: string, value: number])[] {
  return names
    .map((name, i) => [name, mean[i] ?? 0] as const)
    .sort(([, a], [, b]) => Math.abs(b) - Math.abs(a))
    .slice(0, count);
}
