"""Exchanges windows in a few epochs of one `fit`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tfexplain.callbacks.few_epochs import FewEpochs
from tfexplain.callbacks.fit_frame import Rows
from tfexplain.data.content import row_bytes
from tfexplain.errors import TfexplainError
from tfexplain.exchange import Exchange, check_exchanged
from tfexplain.runlog.exchange_plan import EPOCHS, ExchangePlan, affordable_epochs, exchange_epochs
from tfexplain.runlog.plan import ExplainPlan
from tfexplain.runlog.settings import ExplainSettings
from tfexplain.runlog.weights_epoch import Moment
from tfexplain.runlog.writer import RunWriter

_NAME_IT = "Pass explainers=[..., Exchange()] to have it."


class ExchangeRun:
    """Holds when windows are exchanged: the first epoch, the last, and some in between.

    Args:
        settings: The arguments of `Explain`.
        model: The built model.
        explaining: What is explained of it, which tells how many passes an exchange takes.
        rows: What an epoch trains on; None where that is not known.
        epochs: How many epochs there are; None where that is not known.

    Attributes:
        text: What was decided, for people; "" where exchanges do not fit the model.
        numbers: Names of what `write` returns.

    Raises:
        TfexplainError: `Exchange` was named, and cannot work.
    """

    def __init__(
        self,
        settings: ExplainSettings,
        model: Any,
        explaining: ExplainPlan,
        rows: Rows | None,
        epochs: int | None,
    ) -> None:
        self.text = ""
        self.numbers: Sequence[str] = ()
        self._plan: ExchangePlan | None = None
        self._epochs = FewEpochs([])
        named = settings.exchange
        if named is None and settings.explainers is not None:
            return
        exchange = named or Exchange()
        batch, output = explaining.batch, explaining.output
        try:
            check_exchanged(output, batch.labels)
        except TfexplainError:
            if named is not None:
                raise
            return
        passes = exchange.passes(explaining.traced_model, batch.inputs, output)
        count = EPOCHS
        if named is None:
            trained = rows.trained * epochs if rows and epochs else 0
            count = affordable_epochs(trained, passes)
        if not count:
            why = "are too many here" if rows else "with nothing known to count them against"
            self.text = f"left out: {passes:,} passes each time {why}. {_NAME_IT}"
            return
        a_row = int(row_bytes(batch.given))
        self._plan = ExchangePlan(settings, model, exchange, a_row)
        self.numbers = self._plan.numbers
        self._epochs = FewEpochs(exchange_epochs(epochs, count) if epochs else [0])
        self.text = f"{passes:,} passes each, {self._epochs.text}"

    def due(self, now: Moment) -> bool:
        """Returns whether windows are exchanged at this time, which is explained."""
        return self._plan is not None and self._epochs.due(now)

    def write(self, now: Moment, writer: RunWriter) -> dict[str, float]:
        """Exchanges windows and writes the records; returns what is followed, by place."""
        found = self._plan.write(now, writer) if self._plan is not None else {}
        self._epochs.done(now)
        return found
