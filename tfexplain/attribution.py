"""Defines `Attribution` and `Attributions`, the results of explainers."""

from __future__ import annotations

import operator
import os
import zipfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, fields, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal, cast

import numpy as np
import numpy.typing as npt

from tfexplain.errors import TfexplainError

if TYPE_CHECKING:
    from tfexplain.map_figure import MapFigure
    from tfexplain.report.notebook import NotebookPage

Floats = npt.NDArray[np.float32]

# What an attribution says of each sample; the rest it says of all of them.
BY_SAMPLE = ("values", "targets", "scores", "completeness_gap", "error", "passes", "shares")


@dataclass(frozen=True, eq=False, repr=False)
class Attribution:
    """Holds the result of one explainer at one layer or input, for a batch of samples.

    Attributes:
        values: float32 [N, ...], raw magnitudes, never rescaled per image. [N, h, w] for a class
            activation map, [N, h, w, c] for feature maps, the input's own shape for gradients
            with respect to the input. Of pictures uint8 [N, h, w, 1, 3 or 4].
        targets: int32 [N], the explained class; -1 where a function was explained.
        scores: float32 [N], the explained number.
        layer: Path of the layer, or the name of the input.
        explainer: Name of the method.
        unit: Unit of `values`, or of their sum: logit, probability, output, activation.
        signed: Whether values below zero mean something (evidence against the target).
        channel_axis: The axis of `values` that `maps` sums over, or None.
        completeness_gap: float32 [N]: sum of the map minus the difference of scores, where the
            method promises completeness. It does not bound the error of the map.
        error: float32 [N], estimated error of the map, relative to the largest magnitude of the
            sample's `values` (over all inputs of the model), where the method estimates it. It is
            an expected upper bound of the greatest error of any value, and at least the share of
            all magnitudes that their sum is off by. NaN if they are not finite.
        passes: int32 [N], number of forward and backward passes of each sample, where that is a
            property of the method.
        channels: int32 [c], the layer's channels that `values` holds, for feature maps.
        dead: bool [c], channels never above zero on the whole batch, for feature maps.
        total_channels: How many channels the layer has, for feature maps.
        shares: float32 [N, C], for feature maps where the layer's gradient was known: the share of
            each of the layer's channels in the explained evidence, magnitudes adding up to 1, less
            than 0 for evidence against the target.
        attention_heads: int32 [h], the attention heads of `values` [N, h, q, k], which tell how
            much each query attends to each key.
        word_step: How many words later the next position reads, of a map of a layer over words.
        word_offsets: int32 [k]: position p of such a map reads the words p * word_step + each of
            these. None of other maps, and where that is not known.
        word_note: Why `word_offsets` is None, of a map of a layer over words.
    """

    values: Floats | npt.NDArray[np.uint8]
    targets: npt.NDArray[np.int32]
    scores: Floats
    layer: str
    explainer: str
    unit: str
    signed: bool
    channel_axis: int | None = None
    completeness_gap: Floats | None = None
    error: Floats | None = None
    passes: npt.NDArray[np.int32] | None = None
    channels: npt.NDArray[np.int32] | None = None
    dead: npt.NDArray[np.bool_] | None = None
    total_channels: int = 0
    attention_heads: npt.NDArray[np.int32] | None = None
    shares: Floats | None = None
    word_step: int = 0
    word_offsets: npt.NDArray[np.int32] | None = None
    word_note: str = ""

    @property
    def kind(self) -> Literal["map", "channels", "matrix", "picture"]:
        """What one sample's values are: evidence by position, channels of a layer, attention
        weights, or a picture (uint8)."""
        if self.values.dtype == np.uint8:
            return "picture"
        if self.attention_heads is not None:
            return "matrix"
        return "map" if self.channels is None else "channels"

    @cached_property
    def maps(self) -> Floats:
        """float32 [N, h, w] ([N, f], [N, d, h, w]): `values` summed over channels, sign kept.

        For an input of one number a sample, [N], they are [N, 1].
        """
        values = cast(Floats, self.values)
        if self.channel_axis is None:
            return values[:, None] if values.ndim == 1 else values
        summed: Floats = values.sum(axis=self.channel_axis, dtype=np.float64).astype("f4")
        return summed

    @property
    def planes(self) -> Floats:
        """`maps` on at most two axes, as pictures show them: [N, h, w] or [N, f].

        A volume shows its middle slice. Feature maps are [N, h, w, c]; those of sequences have one
        row.
        """
        values, own = self.maps, 2 if self.channels is None else 3
        if self.channels is not None and values.ndim == 3:
            return values[:, None]
        while self.kind in ("map", "channels") and values.ndim - 1 > own:
            values = values[:, values.shape[1] // 2]
        return values

    def __repr__(self) -> str:
        """Shows shapes in place of numbers.

        >>> import numpy as np
        >>> zeros = np.zeros((2, 4, 4), np.float32)
        >>> Attribution(zeros, np.array([0, 1]), np.zeros(2), "conv1", "GradCAM", "logit", False)
        Attribution(GradCAM at 'conv1': values float32 [2, 4, 4] in logit, largest 0)
        """
        magnitude = float(np.nanmax(np.abs(self.values), initial=0.0))
        return (
            f"Attribution({self.explainer} at {self.layer!r}: values {self.values.dtype} "
            f"{list(self.values.shape)} in {self.unit}, largest {magnitude:.3g})"
        )

    def __sub__(self, other: Attribution) -> Attribution:
        """Subtracts the attribution of another class: what speaks for the one and not the other.

        `targets` stay those of the first; the estimated error of a difference is not known.

        Raises:
            TfexplainError: another method, place or batch, or values that are no maps.

        Example:
            >>> import keras, numpy as np
            >>> from tfexplain import Saliency
            >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(3)])
            >>> rows = np.array([[1.0, 2.0]])
            >>> difference = Saliency()(model, rows, 2) - Saliency()(model, rows, 0)
            >>> weights = model.layers[0].kernel.numpy()
            >>> np.allclose(difference.values, weights[:, 2] - weights[:, 0])
            True
        """
        if not isinstance(other, Attribution):
            return NotImplemented
        own, its = ((a.explainer, a.layer, a.unit, a.values.shape) for a in (self, other))
        if own != its or self.kind != "map" or other.kind != "map":
            raise TfexplainError(
                f"other={other!r}: expected a map of the same method, place and batch as {self!r}. "
                "Explain the same samples twice, with another targets=."
            )
        return replace(
            self,
            values=cast(Floats, self.values - other.values),
            scores=self.scores - other.scores,
            signed=True,
            completeness_gap=_both(operator.sub, self.completeness_gap, other.completeness_gap),
            error=None,
            passes=_both(operator.add, self.passes, other.passes),
        )

    def __array__(
        self, dtype: npt.DTypeLike | None = None, copy: bool | None = None
    ) -> npt.NDArray[Any]:
        """Returns `values`, so that `np.asarray(attribution)` is what one expects."""
        return np.array(self.values, dtype=dtype, copy=bool(copy) or dtype is not None)

    def plot(self, inputs: Any = None, **options: Any) -> MapFigure:
        """Draws each sample with its map, on one scale, with a colour bar.

        Args:
            inputs: What the maps lie over: images [N, H, W] or [N, H, W, C], features [N, f], or
                the words of N texts, "" for padding.
            **options: `class_names`, `feature_names`, `cmap`, `alpha`, `percentile`, `columns`; see
                `tfexplain.figures.figures`.

        Returns:
            A matplotlib figure.
        """
        from tfexplain.figures import figures

        return figures([self], inputs, **options)

    def show(self, inputs: Any = None, **options: Any) -> NotebookPage:
        """Returns the EXPLAIN page with these maps, which a notebook shows as a cell's last line.

        Args:
            inputs: What the maps lie over, as in `plot`; also volumes [N, D, H, W, C] and series
                [N, T, C], or several inputs by their names.
            **options: `class_names` and `feature_names`; `height` of the output in pixels (600);
                `max_mb`, the most megabytes that it takes in the notebook's file (10).

        Raises:
            TfexplainError: other samples than those explained, or a page above `max_mb`.
        """
        from tfexplain.map_page import map_page

        return map_page({self.explainer: self}, inputs, **options)

    def _repr_png_(self) -> bytes:
        """Returns the picture that a notebook shows: `plot()` without inputs."""
        return self.plot()._repr_png_()

    def save(self, path: str | os.PathLike[str]) -> None:
        """Writes an `.npz` file that `Attribution.load` and `numpy.load` read, without pickle."""
        Attributions({self.layer: self}).save(path)

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Attribution:
        """Reads an attribution that `save` wrote.

        Raises:
            TfexplainError: it is no such file, or holds several; `Attributions.load` reads those.
        """
        attributions = Attributions.load(path)
        if len(attributions) != 1:
            raise TfexplainError(
                f"path={os.fspath(path)!r}: expected one attribution; got "
                f"{', '.join(attributions)}. Read them with Attributions.load(path)."
            )
        return next(iter(attributions.values()))


class Attributions(Mapping[str, Attribution]):
    """Holds the result of one explainer at several layers or inputs: attributions by name.

    A mapping that can be plotted, shown in a notebook, saved and loaded as one `Attribution` can.

    Args:
        attributions: Attributions of one explainer, by layer or input.

    Example:
        >>> import keras, numpy as np
        >>> from tfexplain import FeatureMaps
        >>> conv = keras.layers.Conv2D(4, 3, name="conv")
        >>> model = keras.Sequential([keras.Input((8, 8, 1)), conv])
        >>> FeatureMaps(["conv"])(model, np.ones((2, 8, 8, 1)))
        Attributions(FeatureMaps: 'conv' [2, 6, 6, 4] in activation)
    """

    def __init__(self, attributions: Mapping[str, Attribution]) -> None:
        self._attributions = dict(attributions)

    def __getitem__(self, name: str) -> Attribution:
        if name not in self._attributions:
            known = ", ".join(self._attributions)
            raise KeyError(f"{name!r}: no such layer or input here. Those explained: {known}.")
        return self._attributions[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._attributions)

    def __len__(self) -> int:
        return len(self._attributions)

    def __repr__(self) -> str:
        """Shows shapes in place of numbers."""
        named = [
            f"{name!r} {list(attribution.values.shape)} in {attribution.unit}"
            for name, attribution in self.items()
        ]
        explainer = next(iter(self.values())).explainer if self else "nothing"
        return f"Attributions({explainer}: {', '.join(named)})"

    def simplified(self) -> Attribution | Attributions:
        """Returns the attribution where there is only one, else this mapping."""
        return next(iter(self.values())) if len(self) == 1 else self

    def plot(self, inputs: Any = None, **options: Any) -> MapFigure:
        """Draws the attributions below each other, each on its own scale, as `Attribution.plot`
        does."""
        from tfexplain.figures import figures

        return figures(list(self.values()), inputs, **options)

    def show(self, inputs: Any = None, **options: Any) -> NotebookPage:
        """Returns the EXPLAIN page with these maps, as `Attribution.show` does."""
        from tfexplain.map_page import map_page

        return map_page({a.explainer: self for a in self.values()}, inputs, **options)

    def _repr_png_(self) -> bytes:
        """Returns the picture that a notebook shows: `plot()` without inputs."""
        return self.plot()._repr_png_()

    def save(self, path: str | os.PathLike[str]) -> None:
        """Writes an `.npz` file that `load` and `numpy.load` read, without pickle.

        Arrays are named `"0/values"`, `"0/targets"`, ..., and so on for each attribution.
        """
        arrays: dict[str, Any] = {
            f"{i}/{field.name}": np.asarray(getattr(attribution, field.name))
            for i, attribution in enumerate(self.values())
            for field in fields(attribution)
            if getattr(attribution, field.name) is not None
        }
        with open(path, "wb") as file:  # savez would add a suffix to a path that has none
            np.savez_compressed(file, names=np.array(list(self), dtype=str), **arrays)

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Attributions:
        """Reads attributions that `save` wrote, of this class or of `Attribution`.

        Raises:
            TfexplainError: it is no such file.
        """
        try:
            with np.load(path, allow_pickle=False) as file:
                return cls({str(name): _read(file, i) for i, name in enumerate(file["names"])})
        except (KeyError, TypeError, ValueError, EOFError, zipfile.BadZipFile) as error:
            raise TfexplainError(
                f"path={os.fspath(path)!r}: expected a file that Attribution.save wrote; got "
                f"another ({error})."
            ) from error


def _both(joined: Callable[[Any, Any], Any], one: Any, other: Any) -> Any:
    """Returns what is made of two arrays; None where either is missing."""
    return None if one is None or other is None else joined(one, other)


def _read(file: Any, number: int) -> Attribution:
    """Reads one attribution from an open `.npz` file."""
    arrays = {
        field.name: file[f"{number}/{field.name}"]
        for field in fields(Attribution)
        if f"{number}/{field.name}" in file
    }
    # Numbers and texts come back as arrays without axes.
    plain = {name: value.item() if not value.shape else value for name, value in arrays.items()}
    return Attribution(**plain)
