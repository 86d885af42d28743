"""Magnitude pruning by hand, for Keras 3: `Compression` reads the zeros, it needs no wrapper."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import numpy.typing as npt


class MagnitudePruning(keras.callbacks.Callback):  # type: ignore[misc]
    """Sets the smallest weights of every kernel to zero, more of them from epoch to epoch.

    Args:
        final: The share of zeros in the end.
        begin: The first epoch that prunes; the share rises from there as Zhu and Gupta (2017) have
            it, fast at first.
        end: The epoch at which it reaches `final`.
    """

    def __init__(self, final: float, begin: int, end: int) -> None:
        super().__init__()
        self._final, self._begin, self._end = final, begin, end
        self._masks: list[tuple[Any, npt.NDArray[np.float32]]] = []

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        """Choose what this epoch trains without."""
        if epoch < self._begin:
            return
        left = 1 - min((epoch + 1 - self._begin) / (self._end + 1 - self._begin), 1)
        share = self._final * (1 - left**3)
        kernels = [layer.kernel for layer in self.model.layers if hasattr(layer, "kernel")]
        self._masks = [(kernel, largest(kernel.numpy(), 1 - share)) for kernel in kernels]
        self._apply()

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        """The optimizer moves zeros as well; put them back."""
        self._apply()

    def _apply(self) -> None:
        for kernel, mask in self._masks:
            kernel.assign(kernel * mask)


def largest(weights: npt.NDArray[np.float32], share: float) -> npt.NDArray[np.float32]:
    """1 for the `share` of largest magnitudes, 0 for the rest."""
    count = round(weights.size * share)
    order = np.argsort(-np.abs(weights), axis=None, kind="stable")
    mask = np.zeros(weights.size, np.float32)
    mask[order[:count]] = 1
    return mask.reshape(weights.shape)
