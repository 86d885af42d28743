"""Chooses what is measured, in which order, and says beforehand how long that takes."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tfexplain.checks import is_number
from tfexplain.compression import LayerWeights
from tfexplain.compression.buffers import Variable
from tfexplain.errors import SettingError
from tfexplain.layer_sensitivity.settings import Setting


@dataclass(frozen=True)
class Cell:
    """Holds one kernel and one setting that it can have.

    Attributes:
        bits: Of the kernel with its scales, were a runtime to store it so.
        dense: Bits of the kernel as it is.
        noise: Share of the kernel's energy that changes, sum (W - W')^2 / sum W^2.
        shifts: What goes with the filters that go.
        goes: Whether `shrink` takes out the filters that are zero; of other settings True.
    """

    layer: LayerWeights
    setting: Setting
    bits: int
    dense: int
    noise: float
    shifts: Sequence[Variable] = ()
    goes: bool = True

    @property
    def key(self) -> tuple[str, str]:
        """Names of the kernel and of the setting."""
        return self.layer.name, self.setting.name

    @property
    def promise(self) -> float:
        """Bits saved, times the share of the kernel's energy that stays."""
        return max(0, self.dense - self.bits) * max(0.0, 1 - self.noise)


def cell_of(layer: LayerWeights, setting: Setting, shifts: Sequence[Variable] = ()) -> Cell:
    """Computes what is known of a kernel and a setting without any pass.

    Args:
        layer: The kernel.
        setting: What it is to have.
        shifts: What shifts the feature maps of its filters, as `tfexplain.pruning.shifts` finds it.
    """
    kernel = layer.variable.numpy()  # type: ignore[union-attr]
    made = setting.applied(kernel, layer)
    difference = made.astype(np.float64) - kernel
    energy = float(np.square(kernel, dtype=np.float64).sum())
    noise = float(np.square(difference).sum()) / energy if energy else 0.0
    dense = 8 * kernel.dtype.itemsize * kernel.size
    beside = shifts if setting.kind == "filters" else ()
    return Cell(layer, setting, setting.bits_of(layer, made), dense, noise, beside)


@dataclass(frozen=True)
class Budget:
    """Holds how much may be spent: passes over all rows, or seconds."""

    passes: float = np.inf
    seconds: float = np.inf


def budget_of(text: float | str | None) -> Budget:
    """Reads a budget: a number of passes, or a time as in `90s` or `10min`.

    Raises:
        SettingError: it is none.

    >>> budget_of("90s").seconds, budget_of(200).passes
    (90.0, 200.0)
    """
    if text is None:
        return Budget()
    if isinstance(text, str) and (found := re.fullmatch(r"(\d+(?:\.\d+)?)(s|min|)", text.strip())):
        number = float(found[1])
        if number > 0:
            seconds = number * (60 if found[2] == "min" else 1)
            return Budget(seconds=seconds) if found[2] else Budget(number)
    if is_number(text) and text > 0:
        return Budget(float(text))
    raise SettingError(
        f"budget={text!r}: expected passes above 0, such as 200, or a time, such as '90s' or "
        "'10min'."
    )


def chosen(
    cells: Sequence[Cell], costs: Sequence[float], opening: dict[str, float], most: float
) -> list[Cell]:
    """Returns what fits into a budget, most promising first: by promise a pass.

    Args:
        cells: In the order of the model.
        costs: Passes of each.
        opening: Passes once for each kernel, by name.
        most: Passes that may be spent.

    Returns:
        Chosen ones in the order of the model, those of a kernel together.
    """
    if most == np.inf:
        return list(cells)
    order = sorted(
        range(len(cells)), key=lambda i: cells[i].promise / max(costs[i], 1e-9), reverse=True
    )
    spent, taken, opened = 0.0, set(), set[str]()
    for i in order:
        name = cells[i].layer.name
        cost = costs[i] + (0 if name in opened else opening[name])
        if spent + cost <= most:
            spent += cost
            taken.add(i)
            opened.add(name)
    return [cell for i, cell in enumerate(cells) if i in taken]
