"""Runs one `fit` on several devices or processes: who logs, and how nobody waits for ever.

Under `MultiWorkerMirroredStrategy` every worker runs every callback. One of them, the chief,
explains and writes; the others do nothing, but for what all must take part in: agreeing that
training may begin, and bringing together variables of which each worker holds a part.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from typing import Any

import tensorflow as tf

from tfexplain.errors import TfexplainError
from tfexplain.model.keras_private import is_default_strategy, read_without_others
from tfexplain.model.preserved_state import parts, state

_USABLE = (
    tf.distribute.MirroredStrategy,
    tf.distribute.MultiWorkerMirroredStrategy,
    tf.distribute.OneDeviceStrategy,
    tf.distribute.experimental.CentralStorageStrategy,
)
_REFUSED = {
    "ParameterServerStrategy": "weights lie on other machines, and change while they are read",
    "TPUStrategy": "it was never tried, for want of a TPU",
}


class StrategyError(TfexplainError):
    """Nothing can be explained under this distribution strategy."""


class Workers:
    """Represents the processes of one `fit`, as one of them sees them.

    Args:
        model: The model in training.
    """

    def __init__(self, model: Any) -> None:
        strategy = getattr(model, "distribute_strategy", None) or tf.distribute.get_strategy()
        self._strategy = strategy
        self._several = isinstance(strategy, tf.distribute.MultiWorkerMirroredStrategy)
        self.chief = bool(getattr(strategy.extended, "should_save_summary", True))

    def check(self) -> None:
        """Raises StrategyError where the strategy is not supported; every worker raises alike."""
        _check(self._strategy)

    @contextmanager
    def agreeing(self) -> Iterator[None]:
        """Makes what fails on one worker within the context fail on all, so that none waits.

        Raises:
            TfexplainError: on the workers where nothing failed.
        """
        failed: Exception | None = None
        try:
            yield
        except Exception as error:
            failed = error
        failures = self._sum([float(failed is not None)])[0] if self._several else 0
        if failed is not None:
            raise failed
        if failures:
            raise TfexplainError(
                "tfexplain: another worker refused to begin; its own message says why."
            )

    @contextmanager
    def synced(self, model: Any) -> Iterator[None]:
        """Lets this worker read all variables within the context without asking the others.

        tf_keras keeps moving statistics apart on each replica and takes their mean whenever they
        are read, which all workers must do together. So all take part here, and whoever reads
        them while this is open reads that mean from its own memory.
        """
        apart = [v for v in state(model) if _synced_on_read(v)] if self._several else []
        means = [tf.identity(variable) for variable in apart]
        with _held(apart, means) if apart else nullcontext():
            yield

    def of_chief(self, values: Sequence[float]) -> list[float]:
        """Returns the chief's numbers on every worker, which all call this together."""
        if not self._several:
            return list(values)
        # Each of the chief's replicas adds them once, and counts.
        *sums, count = self._sum([*values, 1.0] if self.chief else [0.0] * (len(values) + 1))
        return [total / count for total in sums]

    def _sum(self, values: Sequence[float]) -> list[float]:
        def everywhere() -> Any:
            context = tf.distribute.get_replica_context()
            return context.all_reduce(tf.distribute.ReduceOp.SUM, tf.constant(values, tf.float64))

        # In a function: TensorFlow warns of strategies that are run without one.
        sums = tf.function(lambda: self._strategy.run(everywhere), autograph=False)()
        return list(self._strategy.experimental_local_results(sums)[0].numpy().tolist())


def _check(strategy: Any) -> None:
    name = type(strategy).__name__
    if is_default_strategy(strategy) or isinstance(strategy, _USABLE):
        return
    name = name.removesuffix("V1").removesuffix("V2")
    raise StrategyError(
        f"strategy={name}: expected none, MirroredStrategy, MultiWorkerMirroredStrategy, "
        f"OneDeviceStrategy or CentralStorageStrategy; {_REFUSED.get(name, 'it is not known')}. "
        "Leave the callback out, and explain saved weights afterwards."
    )


def _synced_on_read(variable: Any) -> bool:
    several = isinstance(variable, tf.distribute.DistributedValues)
    return several and variable.synchronization == tf.VariableSynchronization.ON_READ


@contextmanager
def _held(variables: list[Any], values: list[Any]) -> Iterator[None]:
    """Gives variables these values within the context, read from this worker's memory."""
    before = [[tf.identity(part) for part in parts(variable)] for variable in variables]
    firsts = [parts(variable)[0] for variable in variables]
    for first, value in zip(firsts, values, strict=True):
        first.assign(value)
    try:
        with read_without_others(variables, firsts):
            yield
    finally:
        for variable, kept in zip(variables, before, strict=True):
            for part, value in zip(parts(variable), kept, strict=True):
                part.assign(value)
