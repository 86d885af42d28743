import assert from "node:assert/strict";
import { test } from "node:test";
import {
  cellOf,
  csvCell,
  csvOf,
  knownMetrics,
  nextSort,
  rowsOf,
  type Source,
  sorted,
} from "../src/analysis/kernel-rows.ts";
import type { Kernels } from "../src/format/compressed.ts";
import { decode } from "../src/format/records.ts";
import { packKernels } from "./support.ts";

const NAMES = ["conv", "rnn.kernel"];

function source(name: string, values?: readonly number[]): Source {
  const record = decode("kernels", packKernels()) as Kernels;
  const changed = values ? { ...record, values: Float64Array.from(values) } : record;
  return { run: name, name, colour: "", step: 3, isNow: true, record: changed };
}

function order(rows: ReturnType<typeof rowsOf>): string[] {
  return rows.map(({ source: { name }, row }) => `${row.name} ${name}`);
}

test("rows are in model order, the runs of a kernel together", () => {
  const rows = rowsOf([source("a"), { ...source("b"), record: undefined }, source("c")], NAMES);
  assert.deepEqual(order(rows), ["conv a", "conv c", "rnn.kernel a", "rnn.kernel c"]);
});

test("sorting by numbers puts what is not known last, both ways", () => {
  const rows = rowsOf([source("a"), source("b", [0.9, 1, 0.1, 2])], NAMES);
  const by = (descending: boolean) => order([...sorted(rows, { column: "sparsity", descending })]);
  assert.deepEqual(by(true), ["conv b", "conv a", "rnn.kernel b", "rnn.kernel a"]);
  assert.deepEqual(by(false), ["rnn.kernel b", "conv a", "conv b", "rnn.kernel a"]);
  const sqnr = order([...sorted(rows, { column: "sqnr", descending: true })]);
  assert.deepEqual(sqnr, ["rnn.kernel a", "conv a", "rnn.kernel b", "conv b"]);
  const words = order([...sorted(rows, { column: "mode", descending: true })]);
  assert.deepEqual(words, ["rnn.kernel a", "rnn.kernel b", "conv a", "conv b"]);
  assert.equal(sorted(rows, undefined), rows);
});

test("a header is clicked through both orders and back", () => {
  const first = nextSort(undefined, "sparsity");
  assert.deepEqual(first, { column: "sparsity", descending: true });
  const second = nextSort(first, "sparsity");
  assert.deepEqual(second, { column: "sparsity", descending: false });
  assert.equal(nextSort(second, "sparsity"), undefined);
  assert.deepEqual(nextSort(second, "name"), { column: "name", descending: false });
  assert.deepEqual(nextSort({ column: "name", descending: false }, "name"), {
    column: "name",
    descending: true,
  });
});

test("columns that know nothing are left out", () => {
  const { record } = source("a", [0.5, Number.NaN, 0.5, Number.NaN]);
  assert.ok(record);
  assert.deepEqual(knownMetrics([record], true), ["sparsity"]);
  const extra = { ...record, metrics: ["mse", "sparsity"] };
  assert.deepEqual(knownMetrics([extra], false), []);
  assert.deepEqual(knownMetrics([extra], true), ["mse"]);
});

test("a CSV file has every number in full", () => {
  const rows = rowsOf(
    [source('a "b", c', [1 / 3, 8, Number.NaN, Number.POSITIVE_INFINITY])],
    NAMES,
  );
  const [header, first, second, end] = csvOf(rows).split("\r\n");
  assert.equal(
    header,
    "run,epoch,moment,name,path,part,type,wrapper,mode,dtype,shape,note,sparsity [share],sqnr [dB]",
  );
  assert.equal(
    first,
    '"a ""b"", c",3,end,conv,conv,,Dense,,float,float32,3 × 4,,0.3333333333333333,8',
  );
  assert.equal(second, '"a ""b"", c",3,end,rnn.kernel,rnn,,LSTM,,int8,int8,3 × 4,with a note,,inf');
  assert.equal(end, "");
});

test("no name becomes a formula, no number loses its sign", () => {
  for (const name of ["=1+1", "+a", "-a", "@sum", "\ta"]) {
    assert.equal(csvCell(name).replaceAll('"', ""), `'${name}`);
  }
  assert.deepEqual([csvCell(-0.5), csvCell(1e-20), csvCell("a-b")], ["-0.5", "1e-20", "a-b"]);
  assert.equal(csvCell("two\nlines"), '"two\nlines"');
});

test("cells are words or numbers", () => {
  const [row] = rowsOf([source("a")], NAMES);
  assert.ok(row);
  assert.deepEqual(
    [cellOf(row, "run"), cellOf(row, "mode"), cellOf(row, "sqnr")],
    ["a", "float", 8],
  );
});
