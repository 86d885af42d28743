"""What callbacks take of a training: the time of `fit`'s epochs with and without them.

    python benchmarks/training.py [--environments FOLDER] [--here] [--quick] [--no-peer]
        [--case CASE] [--rounds N] [--steps N] [--side N]

The same model is trained in turns without callbacks, with ours, and in another process, which
takes turns too, with tf-explain's (its environment: see `peers.py`). tf-keras-vis and Xplique have
no callbacks that explain. An epoch is all from its begin to the next one's; the first fit is left
out, and what it took beyond later ones is the setup. Nothing else happens in an epoch, no
validation and no other callback, so that the shares are the highest that they can be.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any, TypeAlias

import images
import measuring
import numpy as np
from environments import python_of
from turns import Worker

OURS, PEER = "tfexplain", "tf-explain"
WITHOUT = "without"
TITLES = {
    "small_cnn": "Small CNN on digits, 28 x 28 x 3, batches of 32",
    "mobilenet_v2": "MobileNetV2 on random images, {side} x {side} x 3, batches of 8",
}
STEPS = {"small_cnn": (56, 560), "mobilenet_v2": (20,)}
EPOCHS = 3

# Library, name of the callbacks -> what each fit found.
Fits: TypeAlias = dict[tuple[str, str], list[dict[str, Any]]]


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n\n")[0])
    parser.add_argument("--environments", type=Path, help="folder that keeps the environments")
    parser.add_argument("--here", action="store_true", help="tf-explain is installed here already")
    parser.add_argument("--quick", action="store_true", help="small, and no peer: a smoke test")
    parser.add_argument("--no-peer", action="store_true", help="leave tf-explain out")
    parser.add_argument("--case", choices=TITLES, action="append", help="default: all")
    parser.add_argument("--rounds", type=int, help="default: 9 small, 3 large")
    parser.add_argument("--steps", type=int, action="append", help="of an epoch")
    parser.add_argument("--side", type=int, default=96, help="of MobileNetV2's images")
    options = parser.parse_args(arguments)
    with ExitStack() as stack:
        folder = options.environments or Path(stack.enter_context(TemporaryDirectory()))
        pythons = {OURS: sys.executable}
        if not (options.quick or options.no_peer):
            pythons[PEER] = sys.executable if options.here else python_of(PEER, folder.resolve())
        for name in options.case or (["small_cnn"] if options.quick else TITLES):
            measure(name, pythons, options)


def measure(name: str, pythons: dict[str, str], options: argparse.Namespace) -> None:
    """The tables of one model, one for each length of epoch."""
    rounds = options.rounds or (1 if options.quick else {"small_cnn": 9}.get(name, 3))
    lengths = options.steps or ((4,) if options.quick else STEPS[name])
    with ExitStack() as stack:
        data = Path(stack.enter_context(TemporaryDirectory()), "data.npz")
        write(name, options.side, data)
        script = str(Path(__file__).with_name("training_work.py"))
        workers = {
            library: stack.enter_context(Worker([python, script, library, name, str(data)]))
            for library, python in pythons.items()
        }
        opened = {library: worker.ask("open") for library, worker in workers.items()}
        sets = [(library, one) for library, found in opened.items() for one in found["sets"]]
        sets = [sets[0], sets[-1]] if options.quick else sets
        first: Fits = {}
        for steps in lengths:
            fits: Fits = {key: [] for key in sets}
            for i in range(rounds + (not first)):
                print(f"{steps} steps: round {i + 1}", file=sys.stderr, flush=True)
                for library, one in sets:
                    fits[library, one].append(workers[library].ask("fit", one, steps, EPOCHS))
            # The very first fit of each model compiles, and tells what there is to set up.
            first = first or {key: [found.pop(0)] for key, found in fits.items()}
            title = TITLES[name].format(side=options.side)
            print(f"\n{title}; {steps} steps an epoch; {rounds} rounds of {EPOCHS} epochs\n")
            print("\n".join(table(fits, first if steps == lengths[0] else None, steps)), flush=True)
    found = {key: number for one in opened.values() for key, number in one["versions"].items()}
    print("\n" + measuring.machine(found), flush=True)


def write(name: str, side: int, data: Path) -> None:
    """Images and labels for all processes."""
    if name == "small_cnn":
        digits, labels = np.repeat(images.digits(1797), 3, axis=-1), images.labels(1797)
    else:
        rng = np.random.default_rng(0)
        digits, labels = rng.random((64, side, side, 3), np.float32), np.arange(64) % 10
    np.savez(data, images=digits, labels=labels)


def table(fits: Fits, first: Fits | None, steps: int) -> Iterator[str]:
    """Markdown; `first` are fits of this length whose setup is shown."""
    yield (
        "| callbacks of | which | epoch, s | CPU, s | more than without | the same in CPU time "
        "| CPU ms an epoch | worth training steps | setup, CPU s |"
    )
    yield "|---|---|--:|--:|--:|--:|--:|--:|--:|"
    for library, name in fits:
        times = {kind: epochs(fits[library, name], kind) for kind in ("wall", "cpu")}
        cells = [library, name, *(f"{median(found):.3f}" for found in times.values())]
        if name != WITHOUT:
            bare = {kind: epochs(fits[library, WITHOUT], kind) for kind in times}
            cells += [f"{measuring.ratio(times[k], bare[k]) - 1:+.1%}" for k in times]
            extra = median(a - b for a, b in zip(times["cpu"], bare["cpu"], strict=True))
            cells += [f"{1e3 * extra:.0f}", f"{extra / median(bare['cpu']) * steps:.1f}"]
            if first is not None:
                spent = [
                    setup(first[library, one][0], fits[library, one]) for one in (name, WITHOUT)
                ]
                cells += [f"{spent[0] - spent[1]:.1f}"]
        yield "| " + " | ".join(cells + [""] * (9 - len(cells))) + " |"


def epochs(found: list[dict[str, Any]], kind: str) -> list[float]:
    """Seconds of an epoch, one for each round."""
    return [median(fit[kind]) for fit in found]


def setup(fit: dict[str, Any], later: list[dict[str, Any]]) -> float:
    """CPU seconds that a first fit took beyond its epochs as they are later."""
    return float(fit["whole"] - len(fit["cpu"]) * median(epochs(later, "cpu")))


if __name__ == "__main__":
    main()
