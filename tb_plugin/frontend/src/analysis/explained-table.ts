/** What maps tell of layers, as a table like those of kernels and health. */

import type { Group } from "../data/listing.ts";
import { knownAt, type Series } from "../data/series.ts";
import type { Store } from "../data/store.ts";
import type { Drift } from "../format/compressed.ts";
import type { Moment } from "../format/moment.ts";
import type { ShownRun } from "../state/runs.ts";
import { meanOf, scoresOf, splitOf } from "./drift-scores.ts";
import { memoBy } from "./memo.ts";
import { halfArea } from "./stages.ts";

/** A number for each layer with maps, and metric. No log holds it: it is made of other records. */
export interface Explained extends Moment {
  readonly kind: "explained";
  readonly rows: readonly { readonly path: string }[];
  readonly metrics: readonly string[];
  readonly values: Float64Array;
  readonly called?: ReadonlyMap<string, string>;
}

export const SIMILARITY = "map_similarity";
export const EVIDENCE = "evidence_area";
/** What a table is made of; the same table as long as these are the same. */
interface Sources {
  readonly drifts: readonly Source[];
  readonly maps: readonly Source[];
  readonly measure: string;
}

interface Source {
  readonly layer: string;
  readonly series: readonly Series[];
}

/** The tables of all runs. */
export class ExplainedTables {
  private readonly known = new Map<
    string,
    { key: readonly unknown[]; series: Series | undefined }
  >();

  /** `measure` says how alike maps are; evidence is that of these samples. */
  of(run: ShownRun, store: Store, measure: string, samples: readonly number[]): Series | undefined {
    const sources: Sources = {
      drifts: byLayer(run, "drift", (group) => [store.get(run.id, group.group)]),
      maps: byLayer(run, "map", (group) =>
        samples.map((sample) => store.get(run.id, group.group, sample)),
      ),
      measure,
    };
    const all = [...sources.drifts, ...sources.maps];
    const key = [measure, ...all.flatMap(({ layer, series }) => [layer, ...series])];
    const known = this.known.get(run.id);
    if (known && key.length === known.key.length && key.every((one, i) => one === known.key[i])) {
      return known.series;
    }
    const series = tableOf(sources, calledIn(run));
    this.known.set(run.id, { key, series });
    return series;
  }
}

/** The layers of a kind of records; of several methods at one, a class activation map, else the first. */
function byLayer(
  { run }: ShownRun,
  kind: "drift" | "map",
  get: (group: Group) => readonly (Series | undefined)[],
): Source[] {
  const groups = run.groups.filter((group) => group.kind === kind);
  const cams = groups.filter(isOfEvidence);
  const others = kind === "drift" ? groups : [];
  const found = new Map<string, Source>();
  for (const group of [...cams, ...others]) {
    const layer = group.logged?.layer ?? group.layer;
    const series = get(group).filter((one) => one !== undefined);
    if (series.length > 0 && !found.has(layer)) found.set(layer, { layer, series });
  }
  return [...found.values()];
}

/** A class activation map: of other methods, maps are of inputs. */
export function isOfEvidence({ explainer }: Group): boolean {
  return /cam/i.test(explainer);
}

function calledIn({ run }: ShownRun): ReadonlyMap<string, string> {
  return new Map(
    run.groups.flatMap(({ layer, logged }) => (logged ? [[logged.layer, layer] as const] : [])),
  );
}

function tableOf(
  { drifts, maps, measure }: Sources,
  called: ReadonlyMap<string, string>,
): Series | undefined {
  const layers = [...new Set([...drifts, ...maps].map(({ layer }) => layer))];
  const all = [...drifts, ...maps].flatMap(({ series }) => series);
  const steps = [...new Set(all.flatMap(({ points }) => points.map(({ step }) => step)))];
  if (steps.length === 0) return undefined;
  const metrics = [
    ...(drifts.length > 0 ? [SIMILARITY] : []),
    ...(maps.length > 0 ? [EVIDENCE] : []),
  ];
  const rows = layers.map((path) => ({ path }));
  const points = steps
    .sort((a, b) => a - b)
    .map((step) => {
      const values = layers.flatMap((layer) => {
        const [drift, own] = [drifts, maps].map((of) => of.find((one) => one.layer === layer));
        return metrics.map((metric) =>
          metric === SIMILARITY ? similarity(drift, step, measure) : areaAt(own, step),
        );
      });
      const record: Explained = {
        ...{ kind: "explained", rows, metrics, values: Float64Array.from(values) },
        ...{ moment: "epoch", weights: undefined },
        ...(called.size > 0 ? { called } : {}),
      };
      return { step, wallTime: 0, record, error: "" };
    });
  return { kind: "explained", points, bytes: 0 };
}

function similarity(source: Source | undefined, step: number, measure: string): number {
  const { record } = knownAt(source?.series[0], "drift", step);
  return record ? alike(record, measure) : Number.NaN;
}

const alike = memoBy((drift: Drift, measure: string): number =>
  meanOf(splitOf(scoresOf(drift, measure)).agreeing),
);

/** The mean over samples. */
function areaAt(source: Source | undefined, step: number): number {
  const areas = (source?.series ?? []).flatMap((series) => {
    const { record } = knownAt(series, "map", step);
    return record ? [halfArea(record)] : [];
  });
  const known = areas.filter((area) => !Number.isNaN(area));
  return known.reduce((sum, area) => sum + area, 0) / known.length;
}
