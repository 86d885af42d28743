"""A made-up training with compression: event files without TensorFlow, counted by numpy."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from support.logs import LogWriter, write_demo_log
from tfexplain.wire import schema

Weights = npt.NDArray[np.float32]

WRAPPED = "prune_low_magnitude_conv2"
UNKNOWN = "head"
BINS = 64
METRICS = (
    *("weights", "sparsity", "nonzeros", "nonfinite", "mask_sparsity", "leak", "filter_sparsity"),
    *("nm_compliance", "macs", "effective_macs", "sqnr", "bits_stored", "effective_bits"),
    *("size_stored", "size_dense", "size_csr", "mean", "std", "low", "high", "dead_share"),
)


@dataclass(frozen=True)
class _Kernel:
    """A kernel [I, O] before pruning; `most` is the sparsity that it reaches in the end."""

    name: str
    type: str
    shape: tuple[int, int]
    most: float
    wrapper: str = ""
    mode: str = "float"
    filters: bool = False


KERNELS = (
    _Kernel("conv1", "Conv2D", (9, 12), 0.2),
    _Kernel(f"{WRAPPED}/conv2", "Conv2D", (36, 12), 0.75, "PruneLowMagnitude", filters=True),
    _Kernel("lstm.recurrent_kernel", "LSTM", (16, 64), 0.5, mode="int8"),
    _Kernel(UNKNOWN, "Dense", (16, 4), 0.0, mode="nvfp4"),
)


def write_compressed_log(
    log_dir: Path,
    *,
    epochs: int = 12,
    every: int = 1,
    explained_every: int = 1,
    pruned: bool = True,
    maps: bool = True,
    seed: int = 0,
) -> None:
    """A training whose kernels lose weights from a third of the epochs on, where `pruned`.

    `conv2` is wrapped where `pruned`, and loses whole filters: 3 and 4 in the end.
    `lstm.recurrent_kernel` has an SQNR, infinite in the first epoch. `head` is of a mode that no
    reader knows. In the last epoch a problem is reported. Kernels are measured in every `every`th
    epoch, maps are made in every `explained_every`th.
    """
    if maps:
        layers = ("conv1", WRAPPED)
        write_demo_log(log_dir, epochs=epochs, every=explained_every, seed=seed, layers=layers)
    log = LogWriter(log_dir / "compression")
    rng = np.random.default_rng(seed)
    kernels = KERNELS if pruned else tuple(map(_unwrapped, KERNELS))
    full = {k.name: rng.normal(0, 0.1, k.shape).astype(np.float32) for k in kernels}
    for epoch in range(0, epochs, every):
        done = max(0.0, (epoch + 1 - epochs / 3) / (2 * epochs / 3)) if pruned else 0.0
        weights = {k: _pruned(k, full[k.name], done) for k in kernels}
        _write_epoch(log, epoch, weights, last=epoch + every >= epochs)
    log.close()


def _unwrapped(kernel: _Kernel) -> _Kernel:
    name = kernel.name.partition("/")[2] if kernel.wrapper else kernel.name
    return replace(kernel, name=name, wrapper="")


def _pruned(kernel: _Kernel, full: Weights, done: float) -> Weights:
    """The smallest weights set to zero, and in the end two whole filters."""
    weights = full.copy()
    if kernel.filters and done > 0.5:
        weights[:, 3:5] = 0
    count = round(kernel.most * done * weights.size) - int(np.count_nonzero(weights == 0))
    if count > 0:
        order = np.argsort(np.where(weights == 0, np.inf, np.abs(weights)).ravel())
        weights.ravel()[order[:count]] = 0
    return weights


def _write_epoch(
    log: LogWriter, epoch: int, weights: Mapping[_Kernel, Weights], last: bool
) -> None:
    rows = [_row(kernel) for kernel in weights]
    lines = [_line(kernel, values, epoch) for kernel, values in weights.items()]
    values = np.array([[line.get(name, np.nan) for name in METRICS] for line in lines])
    settings = {"kernels": "4: 2 float, 1 int8, 1 nvfp4", "pattern": "2:4 on the input axis"}
    record = schema.Kernels(
        rows,
        METRICS,
        values,
        {"": _totals(lines)},
        {"": "1,564 weights of 3 kernels; 1 kernels of unknown modes are left out"},
        "end" if last else "epoch",
        weights=epoch,
    )
    log.record(schema.Tag("kernels"), epoch, record, schema.Content("kernels", settings=settings))
    for kernel, read in weights.items():
        if kernel.name != UNKNOWN:
            _write_kernel(log, epoch, kernel, read)
    problems = [schema.Problem("activity: ValueError", 1, "no such layer", epoch)] if last else []
    status = schema.Status({"Compression": 0.012}, problems)
    log.record(schema.Tag("status"), epoch, status, schema.Content("status"))


def _row(kernel: _Kernel) -> dict[str, str]:
    known = kernel.name != UNKNOWN
    return {
        "name": kernel.name,
        "path": kernel.name.partition(".")[0],
        "part": "",
        "type": kernel.type,
        "wrapper": kernel.wrapper,
        "mode": kernel.mode,
        "dtype": "float32" if kernel.mode == "float" else kernel.mode,
        "shape": " × ".join(map(str, kernel.shape)),
        "note": "" if known else "mode nvfp4 is not known: only type and bytes are",
    }


def _line(kernel: _Kernel, weights: Weights, epoch: int) -> dict[str, float]:
    size, bits = weights.size, 32.0 if kernel.mode == "float" else 8.0
    if kernel.name == UNKNOWN:
        return {"weights": size, "bits_stored": 4.0, "size_stored": size / 2}
    nonzeros = int(np.count_nonzero(weights))
    line = {
        "weights": size,
        "sparsity": 1 - nonzeros / size,
        "nonzeros": nonzeros,
        "nonfinite": 0,
        "filter_sparsity": float(np.mean((weights == 0).all(axis=0))),
        "nm_compliance": _two_of_four(weights),
        "macs": size * 16,
        "effective_macs": nonzeros * 16,
        "bits_stored": bits,
        "effective_bits": bits,
        "size_stored": size * bits / 8,
        "size_dense": size * bits / 8,
        "size_csr": nonzeros * (bits / 8 + 1) + 4 * (len(weights) + 1),
        "mean": float(weights.mean()),
        "std": float(weights.std()),
        "low": float(weights.min()),
        "high": float(weights.max()),
    }
    if kernel.wrapper:
        line |= {"mask_sparsity": 1 - nonzeros / size, "leak": 0.0, "dead_share": 3 / 12}
    if kernel.mode == "int8":
        line["sqnr"] = np.inf if epoch == 0 else 48.0 - 0.25 * epoch
    return line


def _two_of_four(weights: Weights) -> float:
    padded = np.pad(weights, ((0, -len(weights) % 4), (0, 0)))
    groups = padded.reshape(-1, 4, weights.shape[1])
    return float(np.mean(np.count_nonzero(groups, axis=1) <= 2))


def _totals(lines: list[dict[str, float]]) -> dict[str, float]:
    known = [line for line in lines if "nonzeros" in line]
    weights, nonzeros = (int(sum(line[n] for line in known)) for n in ("weights", "nonzeros"))
    return {
        "weights": weights,
        "nonzeros": nonzeros,
        "sparsity": 1 - nonzeros / weights,
        "macs": sum(line["macs"] for line in known),
        "effective_macs": sum(line["effective_macs"] for line in known),
        "size_stored": sum(line["size_stored"] for line in lines),
        "size_dense": sum(line["size_dense"] for line in known),
        "size_csr": sum(line["size_csr"] for line in known),
        "effective_bits": 8 * sum(line["size_dense"] for line in known) / weights,
        "unread": 1,
    }


def _write_kernel(log: LogWriter, epoch: int, kernel: _Kernel, weights: Weights) -> None:
    kept = weights[weights != 0]
    low, high = float(kept.min()), float(kept.max())
    outputs = kernel.shape[1]
    record = schema.Kernel(
        np.histogram(kept, BINS, (low, high))[0],
        low,
        high,
        weights.size - kept.size,
        0,
        (weights == 0).all(axis=0),
        np.isin(np.arange(outputs), (1, 2, 5)) if kernel.type == "Conv2D" else np.zeros(0, bool),
    )
    tag = schema.Tag("kernel", layer=kernel.name)
    log.record(tag, epoch, record, schema.Content("kernel", shape=(BINS,)))
