"""Defines `InputGradientPenalty`: the loss is to change little where inputs change a little."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import tensorflow as tf

from tfexplain.checks import check_choice
from tfexplain.training.penalty import Penalty, Step, by_row
from tfexplain.types import Tensor

Kind = Literal["smooth", "sparse"]


@dataclass(frozen=True, eq=False)
class InputGradientPenalty(Penalty):
    """Penalises the gradient of each row's loss at its inputs.

    Added to the loss of a batch: `weight` times the mean over rows of R(g), g the gradient of a
    row's own loss (all that `compile` and `add_loss` gave) at its inputs. Of token ids it is that
    at the vectors of the model's Embedding layers.

    Attributes:
        weight: Lambda.
        kind: `"smooth"`: R is the sum of squares, which keeps the loss flat around each row
            (double backpropagation). `"sparse"`: the sum of magnitudes, which lets few inputs
            matter.

    References:
        Drucker and LeCun 1992, Improving generalization performance using double backpropagation,
        https://doi.org/10.1109/72.165600. Ross and Doshi-Velez 2018, Improving the
        adversarial robustness and interpretability of deep neural networks by regularizing their
        input gradients, https://arxiv.org/abs/1711.09404. Sparse: Ross et al. 2017, The neural
        LASSO: local linear sparsity for interpretable explanations.

    Example:
        >>> import keras, numpy as np
        >>> from tfexplain.training import InputGradientPenalty, penalise
        >>> model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1)])
        >>> model.compile("sgd", "mse")
        >>> x = np.ones((8, 4), "float32")
        >>> fitted = penalise(model, InputGradientPenalty(0.1)).fit(x, x[:, :1], verbose=0)
        >>> sorted(fitted.history)
        ['base_loss', 'loss', 'penalty', 'penalty_weight']
    """

    kind: Kind = "smooth"

    def __post_init__(self) -> None:
        super().__post_init__()
        check_choice("kind", self.kind, ("smooth", "sparse"))

    def of(self, step: Step) -> Tensor:
        """See the base class."""
        loss = step.loss
        assert loss is not None
        # The loss is a mean over the rows of all replicas: times their number, each row's gradient
        # is that of its own loss, and in half precision none is divided away.
        replicas = tf.distribute.get_strategy().num_replicas_in_sync
        found = step.gradients(loss * tf.cast(step.rows * replicas, loss.dtype))
        if self.kind == "sparse":
            return tf.add_n([by_row(tf.abs(one)) for one in found])
        squares = tf.add_n([by_row(tf.square(one)) for one in found])
        if step.weights is None:
            return squares
        # A row of weight 2 is to count as two rows, and not as four.
        return tf.math.divide_no_nan(squares, tf.cast(step.weights, squares.dtype))
