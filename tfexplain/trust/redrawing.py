"""Re-draws the weights of a model layer by layer, and puts them back to the bit."""

from __future__ import annotations

from collections.abc import Sequence
from types import TracebackType
from typing import Any

import numpy as np
import numpy.typing as npt

from tfexplain.errors import TfexplainError
from tfexplain.model.keras_model import KerasModel
from tfexplain.model.preserved_state import copies
from tfexplain.model.traced_model import TracedModel


class Redrawing:
    """Permutes weights, and puts them back to the bit on leaving the context.

    An order is a function of the seed and of how many were drawn before, so that the way back is
    computed, not stored: of all weights only one variable's values are held beside the model. Of a
    distributed variable each replica's own copy is permuted and put back, for copies may differ.
    Weights come back after an error and after an interrupt as well, whenever it comes.

    Args:
        seed: Seed of the orders.
    """

    def __init__(self, seed: int) -> None:
        self._seed, self._count = seed, 0
        # What is re-drawn, the last one last, and by the order of which number.
        self._drawn: list[tuple[Any, int]] = []
        # The values a variable had or is to have, while it is assigned: an interrupt does not
        # tell whether it was.
        self._assigning: tuple[Any, npt.NDArray[Any]] | None = None

    def __enter__(self) -> Redrawing:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        interrupted: KeyboardInterrupt | None = None
        while True:
            try:
                self.put_back()
                break
            except KeyboardInterrupt as second:  # a model is not left half restored
                interrupted = second
        if interrupted is not None:
            raise interrupted

    def redraw(self, weights: Sequence[Any]) -> None:
        """Puts the values of each variable in a random order."""
        for weight in weights:
            self._count += 1
            for copy in copies(weight):
                values = copy.numpy()
                self._assigning = copy, values
                self._drawn.append((copy, self._count))
                copy.assign(
                    values.ravel()[self._order(self._count, values.size)].reshape(values.shape)
                )
                self._assigning = None

    def put_back(self) -> None:
        """Gives all that is re-drawn the values it had."""
        while self._drawn or self._assigning:
            if self._assigning is None:
                copy, number = self._drawn[-1]
                drawn = copy.numpy()
                values = np.empty_like(drawn).ravel()
                values[self._order(number, drawn.size)] = drawn.ravel()
                self._assigning = copy, values.reshape(drawn.shape)
            copy, values = self._assigning
            copy.assign(values)
            if self._drawn and self._drawn[-1][0] is copy:
                self._drawn.pop()
            self._assigning = None

    def _order(self, number: int, size: int) -> npt.NDArray[np.int64]:
        return np.random.default_rng([self._seed, number]).permutation(size)


def weights_by_layer(traced_model: TracedModel) -> list[tuple[str, list[Any]]]:
    """Returns the path and the floating-point weights of each layer that has some, in the order of
    the calls.

    Raises:
        TfexplainError: there are none, as in a plain function.
    """
    by_path = traced_model.layers if isinstance(traced_model, KerasModel) else {}
    seen: set[int] = set()
    layers: list[tuple[str, list[Any]]] = []
    for call in traced_model.layer_calls:
        path = call.path.partition("@")[0]
        layer = by_path.get(path)
        weights = [] if layer is None else layer.weights
        own = [v for v in weights if id(v) not in seen and copies(v)[0].dtype.is_floating]
        seen |= {id(v) for v in own}
        if own:
            layers.append((path, own))
    if not layers:
        raise TfexplainError(
            "model: expected layers with weights, to re-draw them. Pass a Keras model."
        )
    return layers
