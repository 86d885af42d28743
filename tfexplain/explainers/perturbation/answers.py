"""A model's answer to a row: the predicted class of an output, or its value."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import tensorflow as tf

from tfexplain.model.outputs import ModelOutput
from tfexplain.model.targets import predicted
from tfexplain.types import Tensor


@dataclass(frozen=True)
class Answer:
    """Computes the predicted class of an output, or its value, from the model's outputs.

    Attributes:
        output: The output.
        column: Which of several values.
    """

    output: ModelOutput
    column: int = 0

    def __call__(self, outputs: Any) -> Tensor:
        """Returns float32 [N]."""
        tensor = tf.nest.flatten(outputs)[self.output.position]
        if self.output.regression:
            values = tf.reshape(tensor, [-1, self.output.classes])
            return tf.cast(values[:, self.column], tf.float32)
        return tf.cast(predicted(tensor, self.output), tf.float32)
