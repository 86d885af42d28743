/** Writes safetensors files as `tfexplain/wire/container.py` does. */

export interface Written {
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly bytes: Uint8Array;
}

export function pack(
  kind: string,
  arrays: Readonly<Record<string, Written>>,
  header: Readonly<Record<string, string>> = {},
): Uint8Array {
  let end = 0;
  const entries = Object.entries(arrays).map(([name, { dtype, shape, bytes }]) => {
    const start = end;
    end += bytes.length;
    return [name, { dtype, shape, data_offsets: [start, end] }] as const;
  });
  const metadata = { version: "1.0", kind, ...header };
  const json = JSON.stringify({ __metadata__: metadata, ...Object.fromEntries(entries) });
  const head = new TextEncoder().encode(json);
  const file = new Uint8Array(8 + head.length + end);
  new DataView(file.buffer).setUint32(0, head.length, true);
  file.set(head, 8);
  let at = 8 + head.length;
  for (const { bytes } of Object.values(arrays)) {
    file.set(bytes, at);
    at += bytes.length;
  }
  return file;
}

export function bytesOf(array: ArrayBufferView): Uint8Array {
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
}

export function packMap(
  halves: readonly number[],
  shape: readonly number[],
  header: Readonly<Record<string, string>> = {},
): Uint8Array {
  const values = { dtype: "F16", shape, bytes: bytesOf(Uint16Array.from(halves)) };
  return pack("map", { values }, { scale: "2.0", score: "1.5", target: "3", gap: "", ...header });
}

export function f64(values: readonly number[], shape = [values.length]): Written {
  return { dtype: "F64", shape, bytes: bytesOf(Float64Array.from(values)) };
}

export function f32(values: readonly number[], shape = [values.length]): Written {
  return { dtype: "F32", shape, bytes: bytesOf(Float32Array.from(values)) };
}

export function i64(values: readonly number[], shape = [values.length]): Written {
  return { dtype: "I64", shape, bytes: bytesOf(BigInt64Array.from(values, BigInt)) };
}

export function u8(values: readonly number[]): Written {
  return { dtype: "U8", shape: [values.length], bytes: Uint8Array.from(values) };
}

const WORDS = ["", "Dense", "", "float", "float32", "3 × 4", ""];

/** Two kernels, `conv` and `rnn.kernel`, with sparsity and SQNR; the second's sparsity unknown. */
export function packKernels(header: Readonly<Record<string, string>> = {}): Uint8Array {
  const arrays = {
    values: f64([0.5, 8, Number.NaN, Number.POSITIVE_INFINITY], [2, 2]),
    totals: f64([0.25, Number.NaN], [1, 2]),
  };
  const rows = [
    ["conv", "conv", ...WORDS],
    ["rnn.kernel", "rnn", "", "LSTM", "", "int8", "int8", "3 × 4", "with a note"],
  ];
  return pack("kernels", arrays, {
    rows: JSON.stringify(rows),
    metrics: '["sparsity", "sqnr"]',
    total_metrics: '["sparsity", "sqnr"]',
    parts: '[""]',
    denominators: '["12 weights"]',
    moment: "end",
    ...header,
  });
}

export function packKernel(
  header: Readonly<Record<string, string>> = {},
  arrays: Readonly<Record<string, Written>> = {},
): Uint8Array {
  return pack(
    "kernel",
    { counts: i64([1, 0, 2 ** 40]), pruned: u8([0, 1]), dead: u8([]), ...arrays },
    { low: "-0.5", high: "0.25", zeros: "7", nonfinite: "0", ...header },
  );
}

/** Channels of 1 × 1, by their numbers and whether they are dead. */
export function packChannels(channels: readonly number[], dead: readonly number[]): Uint8Array {
  const count = channels.length;
  return pack("channels", {
    values: { dtype: "F16", shape: [count, 1, 1], bytes: bytesOf(new Uint16Array(count)) },
    scales: { dtype: "F32", shape: [count], bytes: bytesOf(new Float32Array(count)) },
    channels: { dtype: "I32", shape: [count], bytes: bytesOf(Int32Array.from(channels)) },
    dead: u8(dead),
  });
}

export function i32(values: readonly number[]): Written {
  return { dtype: "I32", shape: [values.length], bytes: bytesOf(Int32Array.from(values)) };
}

/** Two layers, `conv` with a kernel and a bias, and `flat` without weights. */
export function packHealth(header: Readonly<Record<string, string>> = {}): Uint8Array {
  const arrays = {
    values: f64([0.5, 0, Number.NaN, Number.POSITIVE_INFINITY], [2, 2]),
    weight_rows: i32([0, 0]),
    weight_values: f64([3, Number.NaN, 4, Number.NaN], [2, 2]),
    totals: f64([0.5]),
  };
  const rows = [
    ["conv", "Conv2D", "relu", "trainable", ""],
    ["flat", "Flatten", "", "", ""],
  ];
  return pack("health", arrays, {
    rows: JSON.stringify(rows),
    metrics: '["gradient_norm", "activation_nonfinite"]',
    weight_names: '["kernel", "bias"]',
    total_metrics: '["gradient_norm"]',
    ...{ steps: "120", moment: "epoch", weights: "3" },
    ...header,
  });
}

export function packUnits(header: Readonly<Record<string, string>> = {}): Uint8Array {
  return pack(
    "units",
    { activations: i64([1, 2 ** 40]), gradients: i64([]), dead_since: i32([-1, 4]) },
    { activations: "[-1.0, 2.0, 7, 1]", gradients: "[0.0, 0.0, 0, 0]", ...header },
  );
}
