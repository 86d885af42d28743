"""Integrated Gradients: how much each input value adds to the score, counted from a baseline."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from tfexplain.attribution import Attribution
from tfexplain.explainers.base import Context, Explainer
from tfexplain.explainers.together import explain, only
from tfexplain.passes import Passes
from tfexplain.shared_pass import Reading
from tfexplain.tap import Tensor
from tfexplain.targets import Targets, explained
from tfexplain.untouched import untouched

Baseline: TypeAlias = float | npt.ArrayLike | Sequence[Any] | Mapping[str, Any] | None
Quadrature = Literal["gauss_legendre", "midpoint"]


@dataclass(frozen=True, eq=False)
class IntegratedGradients(Explainer):
    """What each input value contributes to the score, along the straight path from a baseline.

    Attributes:
        steps: Nodes on the path; each costs a forward and a backward pass a sample.
        baseline: Zeros (default), a constant, an array shaped as one sample ([...] or [1, ...])
            or as the batch, or a list of such, over which the result is averaged. For models of
            several inputs also a mapping from the input's name to such.
        batch_size: How many points of the path are in memory at once.
        quadrature: `"gauss_legendre"` or `"midpoint"`.

    References:
        Sundararajan et al. 2017, eq. 1, https://arxiv.org/abs/1703.01365

    Example:
        >>> import keras, numpy as np
        >>> inputs = keras.Input((2,))
        >>> product = keras.layers.Multiply()([inputs[:, :1], inputs[:, 1:]])
        >>> model = keras.Model(inputs, product)
        >>> IntegratedGradients()(model, np.array([[2.0, 3.0]])).values.round(4).tolist()
        [[3.0, 3.0]]
    """

    steps: int = 32
    baseline: Baseline = None
    batch_size: int = 32
    quadrature: Quadrature = "gauss_legendre"

    def __post_init__(self) -> None:
        super().__post_init__()
        for argument in ("steps", "batch_size"):
            if getattr(self, argument) < 1:
                raise ValueError(f"{argument}={getattr(self, argument)}: expected at least 1.")
        if self.quadrature not in ("gauss_legendre", "midpoint"):
            raise ValueError(
                f"quadrature={self.quadrature!r}: expected 'gauss_legendre' or 'midpoint'."
            )

    def __call__(self, model: Any, inputs: Any, targets: Targets = None) -> Attribution:
        """The map of a model's only input; see `explain` for the arguments.

        Returns:
            `values` float32, shaped as the input, in units of the explained score;
            `completeness_gap` float32 [N]: their sum minus the difference of the scores at the
            input and at the baseline. A small gap does not bound the error of the map.

        Raises:
            ValueError: a baseline that does not fit, or several inputs (`each` explains those).
        """
        return only(self, model, inputs, targets)

    def each(self, model: Any, inputs: Any, targets: Targets = None) -> dict[str, Attribution]:
        """The maps by input name; inputs of whole numbers are held fixed and get none."""
        return explain(model, [self], inputs, targets)[0].attributions

    def reading(self, _: Passes) -> Reading:
        """Nothing: the path is not the shared pass."""
        return Reading()

    def finish(self, context: Context, reduced: dict[str, Any]) -> dict[str, Attribution]:
        """Walk the path in chunks and measure the completeness gap."""
        names = context.passes.input_names
        flat = [np.asarray(x) for x in tf.nest.flatten(context.inputs)]
        moving = [i for i, x in enumerate(flat) if np.issubdtype(x.dtype, np.floating)]
        if not moving:
            raise ValueError(
                f"inputs: expected floating-point numbers to take gradients of; got "
                f"{[str(x.dtype) for x in flat]}. Integers such as images in 0..255 must be cast: "
                "inputs.astype('float32')."
            )
        bases = [_baselines(self.baseline, x, name) for x, name in zip(flat, names, strict=True)]
        count = max(len(base) for base in bases)
        if any(len(base) not in (1, count) for base in bases):
            raise ValueError(
                f"baseline: expected as many for each input, or one; got {[len(b) for b in bases]}."
            )
        averaged = [np.zeros(flat[i].shape, np.float64) for i in moving]
        start = np.zeros(len(flat[0]), np.float64)
        for b in range(count):
            base = [
                x if i not in moving else bases[i][b % len(bases[i])] for i, x in enumerate(flat)
            ]
            path = _Path(self, context, flat, base, moving)
            start += path.scores_at_baseline() / count
            for total, gradient, i in zip(averaged, path.mean_gradients(), moving, strict=True):
                total += gradient * (flat[i].astype(np.float64) - base[i]) / count
        gap = sum(a.reshape(len(a), -1).sum(axis=1) for a in averaged)
        gap = gap - (context.result.scores - start)
        return {
            names[i]: Attribution(
                values=values.astype(np.float32),
                targets=context.result.targets,
                scores=context.result.scores,
                layer=names[i],
                explainer=self.name,
                unit=context.unit,
                signed=True,
                channel_axis=context.passes.channel_axis(values),
                completeness_gap=np.asarray(gap, np.float32),
            )
            for values, i in zip(averaged, moving, strict=True)
        }

    def nodes(self) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
        """Positions on [0, 1] and their weights, which add up to 1."""
        if self.quadrature == "midpoint":
            return (np.arange(self.steps) + 0.5) / self.steps, np.full(self.steps, 1 / self.steps)
        positions, weights = np.polynomial.legendre.leggauss(self.steps)
        return (positions + 1) / 2, weights / 2


class _Path:
    """The straight paths of one batch from one baseline."""

    def __init__(
        self,
        method: IntegratedGradients,
        context: Context,
        flat: list[Any],
        base: list[Any],
        moving: list[int],
    ) -> None:
        self._method, self._context, self._moving = method, context, moving
        self._ends = tf.nest.flatten(context.inputs)
        starts = zip(base, flat, strict=True)
        self._starts = [tf.constant(np.broadcast_to(b, x.shape)) for b, x in starts]
        self._function = context.targets if callable(context.targets) else None
        self._targets = tf.constant(context.result.targets)
        self._key = (context.head, context.score, self._function, tuple(moving))

    def scores_at_baseline(self) -> Any:
        """float64 [N]: the explained number at the start of each path."""
        passes = self._context.passes
        size, count = self._method.batch_size, len(self._starts[0])
        with untouched(passes.model):
            parts = [
                passes.run(
                    ("score", self._key),
                    self._run,
                    [x[i : i + size] for x in self._starts],
                    self._targets[i : i + size],
                )
                for i in range(0, count, size)
            ]
        return np.concatenate([part.numpy() for part in parts]).astype(np.float64)

    def mean_gradients(self) -> list[Any]:
        """The gradient averaged over each path, one array for each moving input.

        Every call takes the same number of points, so that nothing is traced twice: the last
        chunk is filled up with points of weight zero.
        """
        passes = self._context.passes
        positions, weights = self._method.nodes()
        count = len(self._starts[0])
        size = min(self._method.batch_size, count * len(positions))
        rows = np.tile(np.arange(count, dtype=np.int32), len(positions))
        along = np.repeat(positions, count).astype(np.float32)
        weight = np.repeat(weights, count).astype(np.float32)
        fill = (0, -len(rows) % size)
        points = [np.pad(rows, fill), np.pad(along, fill), np.pad(weight, fill)]
        totals: list[Any] = [0.0] * len(self._moving)
        with untouched(passes.model):
            for i in range(0, len(points[0]), size):
                chunk = [tf.constant(a[i : i + size]) for a in points]
                ends = (self._ends, self._starts, self._targets)
                parts = passes.run(("path", self._key), self._gradients, *ends, *chunk)
                totals = [total + part for total, part in zip(totals, parts, strict=True)]
        return [total.numpy() for total in totals]

    def _gradients(self) -> Callable[..., Any]:
        run, moving = self._run(), self._moving

        def gradients(
            ends: list[Tensor],
            starts: list[Tensor],
            targets: Tensor,
            rows: Tensor,
            along: Tensor,
            weight: Tensor,
        ) -> list[Tensor]:
            points = [tf.gather(x, rows) for x in ends]
            for i in moving:
                start = tf.gather(starts[i], rows)
                points[i] = start + _column(along, points[i]) * (points[i] - start)
            watched = [points[i] for i in moving]
            with tf.GradientTape(watch_accessed_variables=False) as tape:
                tape.watch(watched)
                total = tf.reduce_sum(run(points, tf.gather(targets, rows)))
            slopes = tape.gradient(total, watched, unconnected_gradients="zero")
            return [
                tf.math.unsorted_segment_sum(
                    _column(weight, slope) * tf.cast(slope, tf.float32), rows, tf.shape(targets)[0]
                )
                for slope in slopes
            ]

        return gradients

    def _run(self) -> Callable[[list[Tensor], Tensor], Tensor]:
        """(inputs, targets) -> scores, holding the passes but not this batch."""
        passes, head, score = self._context.passes, self._context.head, self._context.score
        structure, function = (
            tf.nest.map_structure(lambda _: 0, self._context.inputs),
            self._function,
        )

        def run(flat: list[Tensor], targets: Tensor) -> Tensor:
            outputs = passes.model(tf.nest.pack_sequence_as(structure, flat), training=False)
            return explained(outputs, head, function or targets, score)[0]

        return run


def _column(values: Tensor, like: Tensor) -> Tensor:
    """[N] as [N, 1, ...] of the rank of `like`."""
    return tf.reshape(
        values, tf.concat([tf.shape(values), tf.ones(like.shape.rank - 1, tf.int32)], 0)
    )


def _baselines(baseline: Baseline, inputs: Any, name: str) -> list[Any]:
    """The baselines of one input, each [1, ...] or [N, ...]."""
    if isinstance(baseline, Mapping):
        baseline = baseline.get(name)
    several = baseline if isinstance(baseline, (list, tuple)) else [baseline]
    if not several:
        raise ValueError("baseline=[]: expected at least one. Leave it out for zeros.")
    return [_baseline(one, inputs, name) for one in several]


def _baseline(baseline: Any, inputs: Any, name: str) -> Any:
    array = np.asarray(0.0 if baseline is None else baseline, np.float32)
    if array.ndim == inputs.ndim - 1 and array.ndim:
        array = array[None]
    try:
        fits = np.broadcast_shapes(array.shape, inputs.shape) == inputs.shape
    except ValueError:
        fits = False
    if not fits or not np.isfinite(array).all():
        raise ValueError(
            f"baseline: expected a finite number, or an array of shape {inputs.shape[1:]} for "
            f"input {name!r}; got shape {array.shape}. Leave it out for zeros."
        )
    return np.broadcast_to(array, (array.shape[0] if array.ndim else 1, *inputs.shape[1:]))
