"""What must work with every set of versions: `python smoke.py` in an environment of each.

Trains a CNN and a transformer of Keras 3 and a CNN of tf_keras under both callbacks, reads the logs
back, and asks a real TensorBoard for them, in both ways in which it loads data. Needs nothing of
the tests, so that it runs wherever the package is installed.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import sysconfig
import tempfile
import time
import urllib.request
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

NAMES = ("cnn", "transformer", "old-cnn")
SHOWN = ("tensorflow", "tensorflow-cpu", "keras", "tf_keras", "numpy", "tensorboard", "setuptools")


def versions() -> str:
    """What is installed, as `python 3.11.7, keras 3.3.3, ...`."""
    found = [f"python {sys.version.split()[0]}"]
    for name in SHOWN:
        try:
            found.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            continue
    return ", ".join(found)


def check_installed() -> None:
    """The package must be an installed copy: a checkout beside it would pass with files missing."""
    import tfexplain

    home = Path(sysconfig.get_path("purelib")).resolve()
    place = Path(tfexplain.__file__).resolve()
    if home not in place.parents:
        raise SystemExit(f"tfexplain is imported from {place}, and not from {home}")


def cnn(library: Any) -> Any:
    """Two convolutions."""
    layers = library.layers
    return library.Sequential(
        [
            layers.Input((8, 8, 1)),
            layers.Conv2D(4, 3, activation="relu", name="conv"),
            layers.Flatten(),
            layers.Dense(3, activation="softmax", name="head"),
        ]
    )


def transformer(library: Any) -> Any:
    """One block of attention over words."""
    layers = library.layers
    words = layers.Input((6,), dtype="int32")
    values = layers.Embedding(20, 8, name="embed")(words)
    mixed = layers.MultiHeadAttention(2, 4, name="attend")(values, values)
    values = layers.LayerNormalization()(layers.Add()([values, mixed]))
    values = layers.GlobalAveragePooling1D()(values)
    return library.Model(words, layers.Dense(3, activation="softmax", name="head")(values))


def train(name: str, model: Any, x: Any, folder: Path) -> int:
    """Two epochs with all callbacks; returns how many kernels there are."""
    import numpy as np

    from tfexplain import Compression, Explain, Health, Predictions, compression

    y = np.arange(len(x)) % 3
    model.compile("sgd", "sparse_categorical_crossentropy")
    options = {"on_error": "raise", "verbose": False}
    callbacks = [
        Explain((x, y), log_dir=str(folder / name), samples=4, **options),
        Compression(log_dir=str(folder / name), validation_data=(x, y), **options),
        Health((x, y), log_dir=str(folder / name), **options),
        Predictions((x, y), log_dir=str(folder / name), **options),
    ]
    model.fit(x, y, epochs=2, verbose=0, callbacks=callbacks)
    return len(compression.read(model))


def read_back(run: Path, kernels: int) -> None:
    """Every record of all rooms decodes, kernels are those of the model, gradients are some."""
    from tensorboard.backend.event_processing.event_file_loader import EventFileLoader

    from tfexplain.wire import schema

    records: dict[str, Any] = {}
    for path in sorted(run.glob("*/*tfevents*")):
        for event in EventFileLoader(str(path)).Load():
            for value in event.summary.value:
                if value.metadata.plugin_data.plugin_name or value.tag in records:
                    records.setdefault(value.tag, []).extend(value.tensor.string_val[:1])
    decoded = 0
    for tag, found in records.items():
        try:
            kind = schema.Tag.parse(tag).kind
        except schema.SchemaError:
            continue  # of TensorBoard's own tabs
        if kind != "inputs":
            decoded += len([schema.decode(kind, data) for data in found])
    last = schema.decode("kernels", records["kernels"][-1])
    assert len(last.rows) == kernels, (len(last.rows), kernels)
    health = schema.decode("health", records["health"][-1])
    assert health.totals["gradient_norm"] > 0, health.totals
    assert decoded > 10, decoded


def serve(folder: Path, fast: str, expected: set[str]) -> None:
    """TensorBoard lists the runs, and serves the page."""
    command = [sys.executable, "-m", "tensorboard.main", "--logdir", str(folder), "--port", "0"]
    process = subprocess.Popen(
        [*command, "--load_fast", fast],
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        text=True,
    )
    try:
        assert process.stderr is not None
        told, address = [], None
        for line in process.stderr:
            told.append(line)
            address = re.search(r"TensorBoard \S+ at (http://\S+/)", line)
            if address:
                break
        else:
            raise SystemExit("".join(told))
        assert address is not None
        listed: set[str] = set()
        for _ in range(60):
            answer = urllib.request.urlopen(f"{address[1]}data/plugin/tfexplain/runs", timeout=60)
            listed = {run["run"] for run in json.loads(answer.read())["runs"]}
            if listed >= expected:
                break
            time.sleep(1)
        assert listed >= expected, (listed, expected)
        # The first script is a line, which imports the others.
        scripts = f"{address[1]}data/plugin/tfexplain/"
        first = urllib.request.urlopen(f"{scripts}index.js", timeout=60).read().decode()
        others = re.findall(r'"\./([\w.-]+\.js)"', first)
        sizes = [len(urllib.request.urlopen(scripts + name, timeout=60).read()) for name in others]
        assert len(first) + sum(sizes) > 100_000, (first, sizes)
    finally:
        process.kill()
        process.wait()


def main() -> None:
    """All of it; ends with an error where something does not work."""
    check_installed()
    import keras
    import numpy as np
    import tf_keras

    print(versions(), flush=True)
    rng = np.random.default_rng(0)
    pictures = rng.random((24, 8, 8, 1)).astype("float32")
    words = rng.integers(1, 20, (24, 6)).astype("int32")
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        made_of = (
            (cnn(keras), pictures, 2),
            (transformer(keras), words, 6),
            (cnn(tf_keras), pictures, 2),
        )
        for name, (model, x, kernels) in zip(NAMES, made_of, strict=True):
            count = train(name, model, x, folder)
            assert count == kernels, (name, count, kernels)
            read_back(folder / name, kernels)
            print(f"{name}: trained, explained, measured, read back", flush=True)
        rooms = {
            f"{name}/{room}" for name in ("cnn", "old-cnn") for room in ("explain", "compression")
        }
        for fast in ("true", "false"):
            serve(folder, fast, rooms)
            print(f"TensorBoard --load_fast={fast}: lists the runs", flush=True)


if __name__ == "__main__":
    main()
