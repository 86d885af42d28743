"""Train two small CNNs on handwritten digits, prune them, and see in TensorBoard what changed.

Every image carries a mark of a few bright pixels at its left edge. In the run `shortcut` the mark
tells the digit; in the run `plain` it is drawn at random while training and tells nothing. Both
are validated on the same images, where mark and digit agree, as in a data set collected with the
same fault. By accuracy `shortcut` is the better model. The EXPLAIN tab opens on the place that its
predictions follow.

Half-way, pruning begins; after three quarters of the epochs 80 % of all weights are zero. The tab
shows which, and how far the maps moved from those of the last epoch before.

    python examples/demo.py [--log-dir DIR] [--epochs N] [--port PORT] [--no-serve]
"""

from __future__ import annotations

import argparse
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Sequence
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import numpy as np
from digits import CLASSES, Images, Labels, load, pruning, small_cnn

from tfexplain import (
    Compression,
    Exchange,
    Explain,
    FeatureMaps,
    GradCAM,
    IntegratedGradients,
    Predictions,
)

RUNS = {
    "plain": "the mark at the left edge tells nothing while training",
    "shortcut": "the mark at the left edge tells the digit",
}
SPARSITY = 0.8
START_SECONDS = 60.0


def main(arguments: Sequence[str] | None = None) -> None:
    """Train, log, serve."""
    options = parser().parse_args(arguments)
    for name, difference in RUNS.items():
        print(f"\nRun {name!r}: {difference}.", flush=True)
        train(name, options.log_dir / name, options.epochs)
    summarize(options.log_dir)
    if options.serve:
        serve(options.log_dir, options.port)


def parser() -> argparse.ArgumentParser:
    """The command line."""
    result = argparse.ArgumentParser(description=(__doc__ or "").partition("\n\n")[0])
    result.add_argument(
        "--log-dir", type=Path, default=Path("logs/demo"), help="default: %(default)s"
    )
    result.add_argument("--epochs", type=int, default=24, help="default: %(default)s")
    result.add_argument("--port", type=int, default=6006, help="a free one is found if it is taken")
    result.add_argument("--no-serve", dest="serve", action="store_false", help="train and log only")
    return result


def train(name: str, log_dir: Path, epochs: int) -> None:
    """One run: a model trained, pruned and logged, its log started afresh."""
    for old in log_dir.glob("*/*.tfexplain"):
        old.unlink()
    (images, labels), (val_images, val_labels) = load()
    hints = labels if name == "shortcut" else np.random.default_rng(0).permutation(labels)
    val = marked(val_images, val_labels), val_labels
    begin, end = epochs // 2, 3 * epochs // 4
    callbacks = [
        pruning(SPARSITY, begin, end, len(images)),
        Explain(
            val,
            log_dir=log_dir,
            explainers=[FeatureMaps(), GradCAM("stages"), IntegratedGradients(), Exchange()],
            class_names=CLASSES,
            reference=max(begin - 1, 0),
        ),
        Compression(val, log_dir=log_dir),
        Predictions(val, log_dir=log_dir, class_names=CLASSES),
    ]
    small_cnn().fit(
        marked(images, hints), labels, validation_data=val, epochs=epochs, callbacks=callbacks
    )


def marked(images: Images, hints: Labels) -> Images:
    """The images, with hint + 1 as four binary digits down the left edge, for hints 0-9."""
    result: Images = images.copy()
    result[:, :, 0] = 0
    result[:, 2:6, 0, 0] = (hints[:, np.newaxis] + 1 >> np.arange(4)) & 1
    return result


def summarize(log_dir: Path) -> None:
    """Say what was written."""
    print("\nLogged, for each epoch: maps of each explainer for each explained sample, metrics,")
    print("the numbers of every kernel, outputs on the validation set; the input images once.")
    print("In bytes:")
    for name in RUNS:
        for room in ("explain", "compression", "predictions"):
            size = sum(path.stat().st_size for path in (log_dir / name / room).iterdir())
            print(f"  {log_dir / name / room}  {size:,}")


def serve(log_dir: Path, asked: int) -> None:
    """Run TensorBoard until Ctrl-C."""
    port = free_port(asked)
    command = [sys.executable, "-m", "tensorboard.main", "--logdir", str(log_dir)]
    server = subprocess.Popen([*command, "--host", "localhost", "--port", str(port)])
    address = f"http://localhost:{port}/"
    try:
        wait_for(server, address)
        print(f"\nOpen the EXPLAIN tab:  {address}#tfexplain\nStop with Ctrl-C.", flush=True)
        server.wait()
    except KeyboardInterrupt:
        print()
    finally:
        server.terminate()
        server.wait()


def free_port(asked: int) -> int:
    """`asked` itself, or any free port where something listens there already."""
    for port in (asked, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("localhost", port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise SystemExit(f"--port={asked}: expected a free port; got none on this machine.")


def wait_for(server: subprocess.Popen[bytes], address: str) -> None:
    """Return once the server answers."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if server.poll() is not None:
            raise SystemExit(f"TensorBoard ended with status {server.returncode}; see above.")
        try:
            urllib.request.urlopen(address, timeout=5).close()
            return
        except (urllib.error.URLError, OSError):
            time.sleep(0.2)
    raise SystemExit(f"TensorBoard did not answer at {address} within {START_SECONDS:.0f} seconds.")


if __name__ == "__main__":
    main()
