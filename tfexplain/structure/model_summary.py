"""Defines `summary`, which shows a model's layers as a table in a console or a notebook."""

from __future__ import annotations

import html
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from io import StringIO
from typing import Any

import numpy as np
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.padding import Padding
from rich.table import Table

from tfexplain.compression import LayerWeights
from tfexplain.errors import TfexplainError
from tfexplain.model.call_batch import as_batch
from tfexplain.model.keras_model import KerasModel
from tfexplain.model.trace_model import trace_model
from tfexplain.structure.layer_graph import LayerGraph, LayerNode, layer_graph
from tfexplain.types import Model

_HEAD = (
    *("layer", "type", "output", "parameters", "multiply-adds", "activation"),
    *("weights", "mode", "sparsity"),
)
_NUMBERS = ("parameters", "multiply-adds", "sparsity")
# Columns that are left out where all of their cells are one of these.
_USUAL = {
    "mode": ("", "float"),
    "sparsity": ("", "0%", "0.0%"),
    "weights": ("", "trainable"),
    "multiply-adds": ("",),
    "activation": ("",),
}


@dataclass(frozen=True)
class ModelSummary:
    """Shows the layers of a model: `print` it, or leave it at the end of a notebook's cell.

    Attributes:
        title: Name and class of the model.
        columns: Names of what is told of each layer.
        rows: (depth, texts) of each layer, in the order of calls, a nested model before its layers.
        total: The numbers of the whole model.
    """

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[int, tuple[str, ...]], ...]
    total: str

    def __rich__(self) -> Table:
        """Returns the table as rich prints it."""
        table = Table(title=self.title, caption=self.total, title_justify="left", box=SIMPLE_HEAD)
        table.caption_justify = "left"
        for name in self.columns:
            justify = "right" if name in _NUMBERS else "left"
            # Names are folded, where there is little room; numbers never.
            plain = name not in ("layer", "type")
            table.add_column(name, justify=justify, overflow="fold", no_wrap=plain)  # type: ignore[arg-type]
        for depth, (name, *others) in self.rows:
            table.add_row(Padding(name, (0, 0, 0, 2 * depth)), *others)
        return table

    def __str__(self) -> str:
        width = shutil.get_terminal_size((100, 24)).columns
        console = Console(file=StringIO(), markup=False, highlight=False, width=width)
        with console.capture() as captured:
            console.print(self)
        return captured.get()

    __repr__ = __str__

    def _repr_html_(self) -> str:
        def cells(tag: str, texts: Sequence[str], depth: int = 0) -> str:
            styles = [f"text-align:{'right' if n in _NUMBERS else 'left'}" for n in self.columns]
            styles[0] += f";padding-left:{depth + 0.5}em"
            pairs = zip(styles, texts, strict=True)
            return "".join(f'<{tag} style="{s}">{html.escape(t)}</{tag}>' for s, t in pairs)

        lines = "".join(f"<tr>{cells('td', texts, depth)}</tr>" for depth, texts in self.rows)
        head = f"<thead><tr>{cells('th', self.columns)}</tr></thead>"
        title, total = html.escape(self.title), html.escape(self.total)
        return f"<p>{title}</p><table>{head}<tbody>{lines}</tbody></table><p>{total}</p>"


def summary(model: Model, x: Any) -> ModelSummary:
    """Describes each layer of a model as it is called: outputs, weights, cost, compression.

    Like `model.summary()`, but for every kind of model, nested and subclassed ones too, and with
    what is known beside it: multiply-adds per sample, how weights are stored, how many are zero.

    Args:
        model: A Keras 3 or tf_keras model.
        x: A batch of its inputs, only for shapes and types; one row is enough.

    Raises:
        TfexplainError: the model cannot be called on `x`, or is no Keras model.

    Example:
        >>> import keras, numpy as np
        >>> model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(2, "relu")])
        >>> summary(model, np.zeros((1, 4), "float32")).total
        '10 parameters, 10 of them trained; 8 multiply-adds per sample'
    """
    traced_model = trace_model(model, as_batch(x, model))
    if not isinstance(traced_model, KerasModel):
        raise TfexplainError(
            f"model={type(model).__name__}: expected a Keras model, whose layers can be listed. "
            "Pass the model itself."
        )
    graph = layer_graph(traced_model)
    kernels = [kernel for node in graph.nodes if not node.is_again for kernel in node.kernels]
    macs = "" if not graph.macs else f"; {graph.macs:,} multiply-adds per sample"
    if any(node.kernels and node.macs is None for node in graph.nodes):
        macs += " without the layers marked ?"
    zero = _sparsity(kernels)
    total = f"{graph.parameters:,} parameters, {graph.trainable:,} of them trained{macs}"
    total += f"; {zero} of the weights of kernels are zero" if zero not in ("", "0%") else ""
    title = f"{model.name} ({type(model).__name__})"
    rows = list(_rows(graph))
    shown = [
        i
        for i, name in enumerate(_HEAD)
        if any(texts[i] not in _USUAL.get(name, ()) for _, texts in rows)
    ]
    lines = tuple((depth, tuple(texts[i] for i in shown)) for depth, texts in rows)
    return ModelSummary(title, tuple(_HEAD[i] for i in shown), lines, total)


def _rows(graph: LayerGraph) -> Iterator[tuple[int, tuple[str, ...]]]:
    inside: dict[int, list[int]] = {}
    for number, node in enumerate(graph.nodes):
        inside.setdefault(node.parent, []).append(number)

    def all_in(number: int) -> Iterator[LayerNode]:
        yield graph.nodes[number]
        for part in inside.get(number, ()):
            yield from all_in(part)

    def below(parent: int, depth: int) -> Iterator[tuple[int, tuple[str, ...]]]:
        for number in inside.get(parent, ()):
            outer = graph.nodes[parent].name.partition("@")[0] + "/" if parent >= 0 else ""
            node = graph.nodes[number]
            yield depth, _row(node, node.name.removeprefix(outer), list(all_in(number)))
            yield from below(number, depth + 1)

    return below(-1, 0)


def _row(node: LayerNode, name: str, parts: Sequence[LayerNode]) -> tuple[str, ...]:
    """Returns the cells of a layer, with all that is inside of it."""
    new = [part for part in parts if not part.is_again]
    parameters = sum(part.parameters for part in new)
    counted = [part for part in parts if part.kernels]
    macs = "?" if any(part.macs is None for part in counted) else ""
    if counted and not macs:
        macs = f"{sum(part.macs or 0 for part in counted):,}"
    shape = ("never called",) if node.shape is None else map(_side, node.shape)
    own = node if len(parts) == 1 else None
    return (
        *(name, node.layer_type, "×".join(shape)),
        "shared" if node.is_again else f"{parameters:,}" if parameters else "",
        *(macs, node.activation, _states(parts), own.mode if own else ""),
        _sparsity([kernel for part in parts for kernel in part.kernels]),
    )


def _states(parts: Sequence[LayerNode]) -> str:
    return ", ".join(sorted({part.state for part in parts if part.state}, reverse=True))


def _side(side: int | None) -> str:
    return "any" if side is None else str(side)


def _sparsity(kernels: Sequence[LayerWeights]) -> str:
    """Returns the share of zeros, as text; "" where there are no kernels to read."""
    known = [kernel for kernel in kernels if kernel.source is not None and kernel.role == "kernel"]
    size = sum(kernel.size for kernel in known)
    if not size:
        return ""
    nonzeros = sum(
        int(np.count_nonzero(block.effective)) for kernel in known for block in kernel.blocks()
    )
    share = 1 - nonzeros / size
    return "0%" if share == 0 else f"{share:.1%}"
