/** The routes of `tb_plugin/http_api.md`. All addresses are relative: the page may live anywhere. */

import { readFrame } from "../format/framing.ts";
import { inlinedAnswer, isReport } from "./inlined.ts";
import { type Listing, list, number, numbers, object, readListing, text } from "./listing.ts";

export interface SentPoint {
  readonly step: number;
  readonly wallTime: number;
  /** Either the record's bytes or why there are none. */
  readonly data: Uint8Array | string;
}

export interface SentSeries {
  readonly group: string;
  readonly sample: number;
  readonly points: readonly SentPoint[];
}

export interface SentPicture {
  readonly sample: number;
  readonly data: Uint8Array | string;
}

export async function fetchListing(): Promise<Listing> {
  return readListing(
    isReport() ? parsed(await inlinedAnswer("runs")) : await (await get("runs", [])).json(),
  );
}

/** Which records of a series: every kept one, or only the last. */
export type Extent = "all" | "last";

/** The series of several groups of one run; only the `samples` asked for, where any are. */
export async function fetchSeries(
  run: string,
  groups: readonly string[],
  samples: readonly number[],
  extent: Extent,
): Promise<SentSeries[]> {
  if (isReport()) {
    const answers = groups.map((group) => inlinedAnswer("series", run, group));
    const all = (await Promise.all(answers)).flatMap(readSent);
    const asked = all.filter(
      ({ sample }) => sample < 0 || samples.length === 0 || samples.includes(sample),
    );
    return asked.map((one) => (extent === "all" ? one : { ...one, points: one.points.slice(-1) }));
  }
  const query: [string, string][] = [["run", run]];
  for (const group of groups) query.push(["group", group]);
  for (const sample of samples) query.push(["sample", String(sample)]);
  if (extent === "last") query.push(["last", "1"]);
  return readSent(await (await get("series", query)).arrayBuffer());
}

function readSent(answer: ArrayBuffer): SentSeries[] {
  const { json, bytes } = readFrame(answer);
  return list(object(json).series).map((entry) => {
    const { group, sample, points } = object(entry);
    return {
      group: text(group),
      sample: number(sample),
      points: list(points).map((point) => readPoint(point, bytes)),
    };
  });
}

export async function fetchInputs(
  run: string,
  name: string,
  version: string,
): Promise<SentPicture[]> {
  const query: [string, string][] = [
    ["run", run],
    ["name", name],
    ["v", version],
  ];
  const answer = isReport()
    ? inlinedAnswer("inputs", run, name)
    : (await get("inputs", query)).arrayBuffer();
  const { json, bytes } = readFrame(await answer);
  return list(object(json).pictures).map((entry) => ({
    sample: number(object(entry).sample),
    data: dataOf(entry, bytes),
  }));
}

function readPoint(value: unknown, bytes: Uint8Array): SentPoint {
  const { step, wall_time: wallTime } = object(value);
  return { step: number(step), wallTime: number(wallTime), data: dataOf(value, bytes) };
}

function dataOf(value: unknown, bytes: Uint8Array): Uint8Array | string {
  const { offset, length, error } = object(value);
  if (typeof error === "string") return error;
  if (typeof offset !== "number" || typeof length !== "number") return "no bytes were sent";
  return bytes.subarray(offset, offset + length);
}

/** What Python found in the log; undefined where this TensorBoard does not tell it. */
export async function fetchFindings(): Promise<unknown> {
  if (isReport()) return parsed(await inlinedAnswer("findings"));
  const response = await fetch(new URL("findings", document.baseURI));
  if (!response.ok) throw new Error(`findings: ${response.status}`);
  return response.json();
}

/** The epochs of which a run's evaluation is known. */
export async function fetchEvaluatedSteps(run: string): Promise<readonly number[]> {
  return numbers(object(await fetchEvaluation(run, "")).steps);
}

/** The totals of a run at every epoch with outputs, in the server's words. */
export async function fetchTotals(run: string): Promise<unknown> {
  if (isReport()) return parsed(await inlinedAnswer("evaluation", run, "totals"));
  return (
    await get("evaluation", [
      ["run", run],
      ["totals", "1"],
    ])
  ).json();
}

/** What follows from a run's outputs on its validation rows at an epoch, in the server's words. */
export async function fetchEvaluation(run: string, step: number | ""): Promise<unknown> {
  if (isReport()) return parsed(await inlinedAnswer("evaluation", run, String(step)));
  const asked: [string, string][] = step === "" ? [] : [["step", String(step)]];
  return (await get("evaluation", [["run", run], ...asked])).json();
}

function parsed(json: ArrayBuffer): unknown {
  return JSON.parse(new TextDecoder().decode(json));
}

async function get(route: string, query: [string, string][]): Promise<Response> {
  const address = new URL(route, document.baseURI);
  address.search = new URLSearchParams(query).toString();
  const response = await fetch(address);
  if (response.ok) return response;
  const reason = (await response.text()).slice(0, 300);
  throw new Error(`TensorBoard answered ${response.status} for ${route}: ${reason}`);
}
