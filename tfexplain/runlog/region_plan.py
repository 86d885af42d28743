"""Locates regions in the explained samples, and measures how much evidence lies in them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from tfexplain.attribution import Attribution
from tfexplain.data.batches import comes_in_batches
from tfexplain.errors import SettingError, TfexplainError, plain
from tfexplain.quality.localisation import mass_accuracy, pointing_game
from tfexplain.resampling import stretched
from tfexplain.runlog.batch import ValidationBatch
from tfexplain.runlog.map_pooling import Cells, cell_side
from tfexplain.runlog.placement import input_layouts, place
from tfexplain.runlog.plan import ExplainPlan
from tfexplain.runlog.region_choice import NamedRegion
from tfexplain.runlog.weights_epoch import Moment
from tfexplain.trust.boxes import Boxes
from tfexplain.trust.regions import located
from tfexplain.wire import schema

Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class InputRegions:
    """Holds the regions of one input, in its explained samples.

    Attributes:
        named: The regions that fit the input.
        masks: bool [R, N, *sides].
        real: bool [N, *sides], which positions are no padding of a text.
    """

    named: Sequence[NamedRegion]
    masks: Mask
    real: Mask

    def record(self) -> schema.Masks:
        """Returns what is logged once: cells of positions where the input is larger than maps are
        logged, each of which is inside where some of it is; one of each region that all samples
        share."""
        sides = self.real.shape[1:]
        cells = Cells(cell_side(sides), len(sides))
        pooled = cells.pool(self.masks.astype(np.float32)) > 0
        if (pooled == pooled[:, :1]).all():
            pooled = pooled[:, :1]
        return schema.Masks(pooled, *_told(self.named))


class RegionPlan:
    """Holds the regions of every input that maps of the chosen explainers lie over.

    Args:
        regions: What was asked for.
        explaining: What is explained.

    Attributes:
        by_input: Regions by the input's name.

    Raises:
        SettingError: a region that fits no input, is empty in some sample, or comes by row for data
            whose rows have no order.
    """

    def __init__(self, regions: Sequence[NamedRegion], explaining: ExplainPlan) -> None:
        self._explaining, self._sides = explaining, _sides(explaining.batch)
        found: dict[str, list[tuple[NamedRegion, Mask]]] = {}
        count = len(explaining.batch.rows)
        real = {
            name: _real(explaining.batch, name, (count, *sides))
            for name, sides in self._sides.items()
        }
        for one in regions:
            for name, masks in self._located(one).items():
                self._check_empty(one, inside := masks & real[name])
                found.setdefault(name, []).append((one, inside))
        self.by_input: Mapping[str, InputRegions] = {
            name: InputRegions(
                [one for one, _ in own], np.stack([masks for _, masks in own]), real[name]
            )
            for name in self._sides
            if (own := found.get(name))
        }

    @property
    def text(self) -> str:
        """Description of the regions, for people; "" where there are none."""
        told = []
        for name, own in self.by_input.items():
            shares = own.masks.sum(axis=tuple(range(1, own.masks.ndim))) / own.real.sum()
            said = [
                f"{one.name}{' (avoid)' if one.avoid else ''} {100 * share:.3g}%"
                for one, share in zip(own.named, shares, strict=True)
            ]
            told.append(f"{', '.join(said)} of {name}")
        return "; ".join(told)

    def over(self, attribution: Attribution) -> InputRegions | None:
        """Returns the regions of the input that maps lie over; None where they lie over none."""
        explaining = self._explaining
        under = place(attribution, explaining.traced_model, explaining.batch)[1]
        own = self.by_input.get(under)
        fits = own and attribution.kind == "map" and attribution.maps.ndim == own.real.ndim
        return own if fits else None

    def record(self, attribution: Attribution, now: Moment) -> schema.Regions | None:
        """Measures maps at the positions of the input, as `tfexplain.trust.MassAccuracy` does."""
        own = self.over(attribution)
        if own is None:
            return None
        maps = stretched(attribution.maps.astype(np.float64), own.real.shape[1:])
        maps = np.where(own.real, maps, 0.0)
        count, positions = len(maps), own.real.reshape(len(maps), -1).sum(axis=1)
        inside = own.masks.reshape(len(own.masks), count, -1).sum(axis=2)
        return schema.Regions(
            np.stack([mass_accuracy(maps, masks) for masks in own.masks], axis=1),
            np.stack([pointing_game(maps, masks) for masks in own.masks], axis=1),
            (inside / positions).T,
            *_told(own.named),
            moment=now.kind,
            weights=now.weights,
        )

    def _located(self, one: NamedRegion) -> dict[str, Mask]:
        """Returns the masks of one region by input; raises SettingError where it fits none."""
        given, batch = self._given(one), self._explaining.batch
        layouts, found, refused = input_layouts(batch), {}, []
        for name, sides in self._sides.items():
            shape = (len(batch.rows), *sides)
            named_or_boxes = isinstance(given, str | Boxes)
            if layouts[name] in ("tokens", "features") and named_or_boxes:
                refused.append(
                    f"expected a mask of the {sides[0]} positions of input {name!r}, which has no "
                    f"edges; got {given!r:.40}."
                )
                continue
            try:
                found[name] = located(self._of_rows(one, given, len(sides)), shape)
            except SettingError:
                raise
            except (TfexplainError, ValueError, TypeError) as error:
                refused.append(f"input {name!r}: {str(error).removeprefix('regions: ')}")
        if not found:
            why = " ".join(refused) or "no input has positions that the log shows."
            raise SettingError(f"regions[{one.name!r}]: {why}")
        return found

    def _given(self, one: NamedRegion) -> Any:
        """Returns a region as it was given, of a function what it returns for the explained
        rows."""
        batch, region = self._explaining.batch, one.region
        if callable(region):
            try:
                region = region(batch.given, batch.given_labels)
            except Exception as error:
                raise SettingError(
                    f"regions[{one.name!r}]: the function of (x, y) raised "
                    f"{type(error).__name__}: {plain(error)}"
                ) from error
        return region if isinstance(region, str | Boxes) else np.asarray(region)

    def _of_rows(self, one: NamedRegion, given: Any, axes: int) -> Any:
        """Picks the explained rows of what has one value for each row of the data."""
        if isinstance(given, str) or callable(one.region):
            return given
        values = np.asarray(given.corners if isinstance(given, Boxes) else given)
        if values.ndim <= (1 if isinstance(given, Boxes) else axes):
            return given
        rows, total = self._explaining.batch.rows, self._explaining.batch.total
        if comes_in_batches(self._explaining.settings.validation_data):
            raise SettingError(
                f"regions[{one.name!r}]: expected validation_data as arrays, whose rows have an "
                "order; got data in batches. Pass arrays, a region of all rows, or a function of "
                "(x, y)."
            )
        if len(values) < total:
            raise SettingError(
                f"regions[{one.name!r}]: expected one for each of {total} rows of "
                f"validation_data; got {len(values)}. Pass one a row, or one for all."
            )
        return Boxes(values[rows], given.relative) if isinstance(given, Boxes) else values[rows]

    def _check_empty(self, one: NamedRegion, inside: Mask) -> None:
        empty = np.flatnonzero(~inside.reshape(len(inside), -1).any(axis=1))
        if len(empty):
            row = self._explaining.batch.rows[empty[0]]
            raise SettingError(
                f"regions[{one.name!r}]: expected some position in each explained row; row {row} "
                "of validation_data has an empty one. Leave such rows out of validation_data."
            )


def _sides(batch: ValidationBatch) -> dict[str, tuple[int, ...]]:
    """Returns the sides of each input that the log shows."""
    seen = {name: array.shape[1:-1] for name, array in (batch.pictures | batch.volumes).items()}
    return seen | {name: values.values.shape[1:2] for name, values in batch.values.items()}


def _real(batch: ValidationBatch, name: str, shape: tuple[int, ...]) -> Mask:
    """Returns which positions of an input are no padding."""
    values = batch.values.get(name)
    if values is None or values.layout != "tokens":
        return np.ones(shape, bool)
    return np.reshape([word != "" for word in values.words], shape)


def _told(named: Sequence[NamedRegion]) -> tuple[list[str], list[bool]]:
    return [one.name for one in named], [one.avoid for one in named]
