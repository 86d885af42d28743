"""Run as a script: a training that may be killed, and goes on where it was when run again.

`python restarted.py DIRECTORY EPOCH MOMENT` logs to DIRECTORY/run and kills itself in EPOCH: in the
middle of its batches for MOMENT "batch", that many seconds into its end for a number.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from pathlib import Path
from typing import Any

import keras

# The root goes first, or Python takes the folder tests/tfexplain for the package.
sys.path.insert(0, str(Path(__file__).parents[1]))
sys.path.insert(0, str(Path(__file__).parents[2]))

from support.models import digits, small_cnn
from tfexplain import Compression, Explain, GradCAM, IntegratedGradients

EPOCHS = 6


def kill() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


class Killer(keras.callbacks.Callback):  # type: ignore[misc]
    """Kills this process, as a cluster does."""

    def __init__(self, epoch: int, moment: str) -> None:
        super().__init__()
        self.epoch, self.moment, self.now = epoch, moment, -1

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        self.now = epoch

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        if self.now == self.epoch and self.moment == "batch" and batch == 2:
            kill()

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        if epoch == self.epoch and self.moment != "batch":
            threading.Thread(target=lambda: (time.sleep(float(self.moment)), kill())).start()


if __name__ == "__main__":
    directory, epoch, moment = Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
    x, y = digits()
    explainers = [GradCAM(), IntegratedGradients(steps=2)]
    callbacks = [
        Killer(epoch, moment),
        Explain(
            (x, y),
            explainers=explainers,
            log_dir=directory / "run",
            write_images=False,
            on_error="raise",
        ),
        Compression(log_dir=directory / "run", on_error="raise"),
        keras.callbacks.BackupAndRestore(str(directory / "backup")),
    ]
    small_cnn().fit(x, y, epochs=EPOCHS, batch_size=16, verbose=0, callbacks=callbacks)
