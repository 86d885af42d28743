"""Reading a log: our reader beside TensorBoard's, which take turns over the same event files.

python benchmarks/reading.py LOG_DIR [--rounds N]
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median

# The root goes first, or Python takes the folder tests/tfexplain for the package.
sys.path.insert(0, str(Path(__file__).parents[1]))

from tensorboard.backend.event_processing.event_file_loader import EventFileLoader

from tfexplain.reading.event_files import placed_events


def main(arguments: Sequence[str] | None = None) -> None:
    """Prints the CPU time of both for all events, and their ratio."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n\n")[0])
    parser.add_argument("log_dir", type=Path)
    parser.add_argument("--rounds", type=int, default=5, help="default: %(default)s")
    options = parser.parse_args(arguments)
    files = sorted(options.log_dir.rglob("*.tfexplain"))
    readers: dict[str, Callable[[Path], int]] = {
        "ours": lambda file: sum(1 for _ in placed_events(file)),
        "TensorBoard's": lambda file: sum(1 for _ in EventFileLoader(str(file)).Load()),
    }
    seconds: dict[str, list[float]] = {name: [] for name in readers}
    for reader in readers.values():
        reader(files[0])  # imports, once
    for _ in range(options.rounds):
        for name, reader in readers.items():
            begin = time.process_time()
            events = sum(map(reader, files))
            seconds[name].append(time.process_time() - begin)
    ours, theirs = (median(times) for times in seconds.values())
    size = sum(file.stat().st_size for file in files) / 1e6
    print(f"{events:,} events, {size:.1f} MB: ours {ours:.3f} s, TensorBoard's {theirs:.3f} s")
    print(f"ratio {theirs / ours:.1f}")


if __name__ == "__main__":
    main()
