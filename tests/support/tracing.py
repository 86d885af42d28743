"""How often a model is traced while it trains."""

from __future__ import annotations

from typing import Any

import keras


class Counting(keras.layers.Layer):  # type: ignore[misc]
    """Counts how often it is traced: once compiled, its Python is not run again."""

    traced = 0

    def call(self, inputs: Any) -> Any:
        Counting.traced += 1
        return inputs


class Noting(keras.callbacks.Callback):  # type: ignore[misc]
    """Notes the count at the end of each epoch."""

    def __init__(self) -> None:
        super().__init__()
        self.counts: list[int] = []

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        self.counts.append(Counting.traced)
