"""Sums up how rows were predicted over the epochs: data maps and forgetting events."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from tfexplain.quality.intervals import Floats

Region = Literal["easy", "ambiguous", "hard"]


@dataclass(frozen=True)
class TrainingDynamics:
    """Running sums over the epochs so far, of each of N rows.

    Each record of an epoch holds them, so they are right whatever records are kept.

    Attributes:
        epochs: How many epochs were counted.
        confidence_sum: Sum of the probability of the label, float64 [N].
        square_sum: Sum of its squares.
        right_count: In how many epochs the row was predicted right, int64 [N].
        forgotten: How often it was right in an epoch and wrong in the next, int64 [N].
        is_right: Whether it is right in the last epoch, bool [N].

    References:
        Swayamdipta et al. 2020, https://arxiv.org/abs/2009.10795, section 2;
        Toneva et al. 2019, https://arxiv.org/abs/1812.05159, section 3

    >>> start = TrainingDynamics.start(1)
    >>> seen = start.after([0.25], [False]).after([0.75], [True])
    >>> float(seen.confidence[0]), float(seen.variability[0]), float(seen.correctness[0])
    (0.5, 0.25, 0.5)
    """

    epochs: int
    confidence_sum: Floats
    square_sum: Floats
    right_count: npt.NDArray[np.int64]
    forgotten: npt.NDArray[np.int64]
    is_right: npt.NDArray[np.bool_]

    @classmethod
    def start(cls, rows: int) -> TrainingDynamics:
        """Begins before the first epoch."""
        counts = np.zeros(rows, np.int64)
        return cls(0, np.zeros(rows), np.zeros(rows), counts, counts, np.zeros(rows, bool))

    def after(self, confidence: npt.ArrayLike, right: npt.ArrayLike) -> TrainingDynamics:
        """Adds an epoch.

        Args:
            confidence: Probability of each row's label, 0 to 1, [N].
            right: Whether its label was predicted, [N].
        """
        said, is_right = np.asarray(confidence, np.float64), np.asarray(right, bool)
        return TrainingDynamics(
            self.epochs + 1,
            self.confidence_sum + said,
            self.square_sum + said**2,
            self.right_count + is_right,
            self.forgotten + (self.is_right & ~is_right),
            is_right,
        )

    @property
    def confidence(self) -> Floats:
        """Mean probability of the label over the epochs, 0 to 1, [N]."""
        return self.confidence_sum / max(1, self.epochs)

    @property
    def variability(self) -> Floats:
        """Standard deviation of that probability over the epochs, 0 to 0.5, [N]."""
        variance = self.square_sum / max(1, self.epochs) - self.confidence**2
        return np.sqrt(np.maximum(variance, 0))

    @property
    def correctness(self) -> Floats:
        """Share of the epochs in which the row was predicted right, [N]."""
        return self.right_count / max(1, self.epochs)

    @property
    def is_never_learned(self) -> npt.NDArray[np.bool_]:
        """Whether a row was wrong in every epoch; it counts as forgotten without end."""
        never: npt.NDArray[np.bool_] = self.right_count == 0
        return never

    def regions(self) -> list[Region]:
        """Names each row: the third that varies most is ambiguous, of the rest by confidence.

        A confidence of 0.5 or above is easy, one below is hard. Rows that vary as much as the last
        one of that third are not ambiguous, so that nothing is where all rows vary alike.
        """
        variability = self.variability
        bound = np.quantile(variability, 2 / 3) if len(variability) else 0.0
        return [
            "ambiguous" if varies > bound else "easy" if confidence >= 0.5 else "hard"
            for varies, confidence in zip(variability, self.confidence, strict=True)
        ]

    def suspects(self) -> npt.NDArray[np.intp]:
        """Orders rows by how likely their label is wrong: least confidence first."""
        return np.argsort(self.confidence, kind="stable")
