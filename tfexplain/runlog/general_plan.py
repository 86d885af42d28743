"""Plans what is logged of a model's use of its inputs in general: rows, pieces, records.

A piece writes records of one kind. To add one, write a class with the attributes of `Piece`
(`general_rows.py`), made of the rows, and its line of `PIECES`; what does not fit a model raises
`Unfit` when it is made.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from tfexplain.model.outputs import ModelOutput
from tfexplain.runlog.dependence_records import DependenceRecords
from tfexplain.runlog.general_rows import GeneralRows, Piece, Unfit, Written, general_rows
from tfexplain.runlog.importance_records import ImportanceRecords
from tfexplain.runlog.settings import ExplainSettings
from tfexplain.runlog.simple_records import RobustnessRecords, SimpleModelsRecords
from tfexplain.runlog.weights_epoch import Moment

# By name, as problems and settings call them; what makes them raises `Unfit`.
PIECES: Mapping[str, Callable[[GeneralRows], Piece]] = {
    "importance": ImportanceRecords,
    "dependence": DependenceRecords,  # behind what tells it the most important features
    "simple models": SimpleModelsRecords,
    "robustness": RobustnessRecords,
}


class GeneralPlan:
    """Holds the rows of one `fit`, and the pieces that fit them.

    Args:
        settings: The arguments of `Explain`.
        model: The built model.
        output: The explained output.
        count: How many rows, at most.
        known: What makes each piece, by name; default those of importance.

    Attributes:
        known: Names of all pieces.
        pieces: Those that were added, by name.
    """

    def __init__(
        self,
        settings: ExplainSettings,
        model: Any,
        output: ModelOutput,
        count: int,
        known: Mapping[str, Callable[[GeneralRows], Piece]] | None = None,
    ) -> None:
        self._rows = general_rows(settings, model, output, count)
        self._known = PIECES if known is None else known
        self.known = tuple(self._known)
        self.pieces: dict[str, Piece] = {}
        self._left_out: dict[str, str] = {}

    def add(self, name: str) -> None:
        """Makes the piece of a name, or notes why it does not fit."""
        try:
            self.pieces[name] = self._known[name](self._rows)
        except Unfit as error:
            self._left_out[name] = str(error)

    @property
    def text(self) -> str:
        """What is measured, for people."""
        chosen = self._rows.chosen
        told = [f"{len(chosen.rows)} of {chosen.total:,} rows by their hashes"]
        told += [piece.text for piece in self.pieces.values()]
        told += [f"{name} left out: {why}" for name, why in self._left_out.items()]
        return "; ".join(told)

    def records(self, name: str, now: Moment) -> Iterator[Written]:
        """Yields the records of a piece, with the weights as they are now."""
        return self.pieces[name].records(now)
