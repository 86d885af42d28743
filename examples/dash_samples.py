"""What `dash_app.py` shows: layers, and explained samples, changed and under their maps."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from threading import Lock
from typing import Any

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from tfexplain import Explainer, explain, schema

# Clear at zero; red speaks for what is explained, blue against it.
AGAINST, CLEAR, FOR = "rgba(33,102,172,.9)", "rgba(255,255,255,0)", "rgba(214,47,39,.9)"
SIGNED, POSITIVE = [[0, AGAINST], [0.5, CLEAR], [1, FOR]], [[0, CLEAR], [1, "rgba(230,110,0,.9)"]]
RIGHT_WRONG = [[0, "#b2182b"], [0.5, "#fff"], [1, "#2166ac"]]
WORDS_IN_LINE = 4
LOCK = Lock()  # one visitor at a time asks the model
_Y = {"autorange": "reversed", "ticksuffix": " "}


def structure(model: Any, run: Any) -> list[tuple[str, ...]]:
    """Layers, also nested ones: name, output shape, parameters, sparsity when last logged."""
    kernels = run.kernels  # in the order of epochs
    sparsity = dict(zip(kernels.get("path", ()), kernels.get("sparsity", ()), strict=True))

    def rows(part: Any, prefix: str) -> Iterator[tuple[str, ...]]:
        for layer in part.layers:
            path = prefix + layer.name
            if getattr(layer, "layers", None):
                yield from rows(layer, path + "/")
                continue
            shape = getattr(getattr(layer, "output", None), "shape", ("", "?"))[1:]
            zeros = f"{sparsity[path]:.1%}" if path in sparsity else "-"
            yield path, " × ".join(map(str, shape)), f"{layer.count_params():,}", zeros

    return [*rows(model, "")]


def ask(model: Any, pair: Any, explainer: Explainer) -> tuple[Any, list[Any]]:
    """Outputs [2, classes] and attributions of two samples, both of what the first is taken for."""
    pair = pair.astype(model.inputs[0].dtype)
    with LOCK:
        before: Any = explain(model, pair[:1], explainers=explainer)[explainer.name]
        after = explain(model, pair[1:], before.targets, explainers=explainer)[explainer.name]
        outputs = model.predict(pair, verbose=0)
    if outputs.shape[1] == 1:  # the probability of the second of two classes
        outputs = np.hstack([1 - outputs, outputs])
    return outputs, [before, after]


class Samples:
    """The explained samples of a run as its model reads them, and the names of what they hold."""

    def __init__(self, run: Any) -> None:
        inputs = [c for tag, c in run.contents.items() if tag.kind in ("inputs", "values")]
        self.kind = inputs[0].layout if len(inputs) == 1 else ""
        if self.kind not in ("plane", "tokens", "features") or "probability" not in run.predictions:
            expected = "a classifier with one input, of pictures, words or columns"
            raise SystemExit(f"run {run.name!r}: expected {expected}; got another model.")
        (self.values,) = run.inputs.values()
        self.classes = next(iter(run.records(schema.Samples).values()))[0].class_names
        if self.kind == "plane":  # logged in 256 steps; told is "black is 0, white is 1"
            told = run.settings["pictures"].replace(",", "").split()
            self.black, self.white = float(told[2]), float(told[5])
            self.values = self.black + (self.white - self.black) * self.values / np.float32(255)
            return
        (records,) = run.records(schema.Values).values()
        names = [f"column {i}" for i in range(self.values.shape[1])]
        self.columns = records[0].names or names
        self.words = dict(zip(self.values.ravel(), records[0].words, strict=False))

    def class_name(self, number: float) -> str:
        """The name of a class where it has one."""
        known = number == number and 0 <= int(number) < len(self.classes)
        return self.classes[int(number)] if known else f"{number:g}"

    def places(self, x: Any) -> dict[int, str]:
        """What can be changed in a sample: its words, or its columns."""
        if self.kind == "tokens":
            return {i: f"{i + 1}: {self.words[v]}" for i, v in enumerate(x) if self.words[v]}
        return dict(enumerate(self.columns))

    def changed(self, x: Any, edits: Sequence[Sequence[float]]) -> Any:
        """The sample with rectangles filled by its mean, or with other words or values."""
        y = x.copy()
        for edit in edits:
            if self.kind == "plane":
                top, bottom, left, right = map(int, edit)
                y[top : bottom + 1, left : right + 1] = x.mean((0, 1))
            else:
                y[int(edit[0])] = edit[1]
        return y

    def picture(self, x: Any) -> go.Figure:
        """A picture that rectangles can be drawn on; nothing of other samples."""
        if self.kind != "plane":
            return go.Figure()
        figure = go.Figure(self._image(x)).update_layout(dragmode="drawrect")
        figure.update_xaxes(visible=False).update_yaxes(visible=False)
        figure.update_layout(newshape={"line": {"color": "#e66e00"}})
        title = {"text": "drag here", "x": 0.5, "font": {"size": 16}}
        return _styled(figure.update_layout(title=title))

    def maps(self, panels: dict[str, tuple[Any, Any]], unit: str, signed: bool) -> go.Figure:
        """Maps of samples by title, over the samples, beside each other on one scale."""
        gap = {"horizontal_spacing": 0.3} if self.kind == "features" else {}  # for the names
        figure = make_subplots(1, len(panels), subplot_titles=[*panels], shared_xaxes="all", **gap)
        for column, (x, values) in enumerate(panels.values(), start=1):
            traces = self._over(x, values)
            figure.add_traces(traces, 1, column)
            bars = traces[0].type == "bar"
            figure.update_xaxes(visible=bars, title_text=unit, row=1, col=column)
            figure.update_yaxes(visible=bars, row=1, col=column, **_Y)
            if traces[-1].text is None and not bars:  # positions are square
                figure.update_yaxes(scaleanchor=f"x{column}", constrain="domain", col=column)
                figure.update_xaxes(constrain="domain", col=column)
        largest = max(float(np.nanmax(np.abs(values))) for _, values in panels.values())
        ends = {"cmin": -largest if signed else 0, "cmax": largest}
        colors = {"colorscale": SIGNED if signed else POSITIVE, "colorbar": _bar(unit), **ends}
        return _styled(figure.update_layout(coloraxis=colors, showlegend=False))

    def _image(self, x: Any, brightest: int = 255) -> go.Image:
        shares = np.clip((x - self.black) / (self.white - self.black), 0, 1)
        colors = shares if x.shape[-1] == 3 else np.repeat(shares[..., :1], 3, axis=-1)
        return go.Image(z=(brightest * colors).round().astype("u1"), hoverinfo="skip")

    def _over(self, x: Any, values: Any) -> list[Any]:
        """A map over its sample, or alone where it has other positions."""
        color = {"coloraxis": "coloraxis"}
        if self.kind == "plane" and values.ndim == 2:
            dy, dx = np.divide(x.shape[:2], values.shape)
            place = {"dx": dx, "dy": dy, "x0": dx / 2 - 0.5, "y0": dy / 2 - 0.5}
            return [self._image(x, 120), go.Heatmap(z=values, **place, **color)]
        if self.kind == "features" and values.shape == x.shape:
            names = [f"{name} = {x[i]:.3g}" for i, name in self.places(x).items()]
            signs = {"color": [AGAINST if value < 0 else FOR for value in values]}
            return [go.Bar(x=values, y=names, orientation="h", marker=signs)]
        if self.kind == "tokens" and values.shape == x.shape:
            words = [self.words[v] for v in x]
            size = max(-(-np.count_nonzero(words) // WORDS_IN_LINE), 4) * WORDS_IN_LINE
            filled = np.pad(values, (0, size), constant_values=np.nan), [*words, *[""] * size]
            z, text = (np.reshape(row[:size], (-1, WORDS_IN_LINE)) for row in filled)
            style = {"texttemplate": "%{text}", "xgap": 2, "ygap": 2}
            return [go.Heatmap(z=z, text=text, **style, **color)]
        return [go.Heatmap(z=_tiled(values), **color)]

    def predictions(self, table: dict[str, Any]) -> go.Figure:
        """Predicted classes of samples over epochs, `run.predictions`; red where they are wrong."""
        epochs = np.unique(table["epoch"])
        grid = {name: np.reshape(values, (len(epochs), -1)).T for name, values in table.items()}
        labels = [f"{i}: {self.class_name(row[0])}" for i, row in enumerate(grid["label"])]
        right = np.where(grid["label"] == grid["predicted"], 1, -1)
        names = np.vectorize(self.class_name, otypes=[object])(grid["predicted"])
        told = "epoch %{x}, sample %{y}<br>predicted %{text}, probability %{customdata:.3f}"
        heat = go.Heatmap(
            z=right * grid["probability"],
            x=epochs,
            y=labels,
            text=names,
            zmin=-1,
            zmax=1,
            colorscale=RIGHT_WRONG,
            xgap=1,
            ygap=1,
            texttemplate="%{text}" if len(epochs) * max(map(len, names.flat)) < 40 else "",
            customdata=grid["probability"],
            hovertemplate=told + "<extra></extra>",
            colorbar={
                **_bar("probability"),
                "tickvals": [-1, 0, 1],
                "ticktext": ["1, wrong", "0", "1, right"],
            },
        )
        figure = go.Figure(heat, {"yaxis": _Y})
        return _styled(figure.update_layout(xaxis_title="epoch", yaxis_title="sample: class"))

    def outputs(self, both: Any) -> go.Figure:
        """Outputs of a model before and after a change."""
        names = [self.class_name(i) for i in range(both.shape[1])]
        traces = [
            go.Bar(x=names, y=values, name=label, marker={"color": color})
            for values, label, color in zip(
                both, ("before", "after"), ("#999", "#e66e00"), strict=True
            )
        ]
        axes = {"xaxis": {"type": "category"}, "yaxis": {"title": {"text": "probability"}}}
        return _styled(go.Figure(traces, {"legend": {"orientation": "h", "y": 1.15}, **axes}))


def options(texts: dict[int, str]) -> list[dict[str, Any]]:
    """Choices of a drop-down list."""
    return [{"label": text, "value": int(value)} for value, text in texts.items()]


def rectangles(shapes: Sequence[dict[str, float]]) -> list[list[int]]:
    """Top, bottom, left, right position of rectangles that were drawn; all that they touch."""
    sides = [[sorted((shape[f"{axis}0"], shape[f"{axis}1"])) for axis in "yx"] for shape in shapes]
    return [[max(int(end + 0.5), 0) for pair in both for end in pair] for both in sides]


def _tiled(values: Any) -> Any:
    """Maps [n, h, w] four in a row; those of lines [n, 1, w] below each other."""
    values = values.reshape(-1, *np.atleast_2d(values).shape[-2:])
    across = 1 if values.shape[1] == 1 else 4
    gaps = ((0, -len(values) % across), (0, 1), (0, 1))
    padded: Any = np.pad(values.astype("f4"), gaps, constant_values=np.nan)
    rows = [np.hstack(padded[i : i + across]) for i in range(0, len(padded), across)]
    return np.vstack(rows)


def _bar(title: str) -> dict[str, Any]:
    return {"title": {"text": title}, "thickness": 12, "exponentformat": "e"}


def _styled(figure: go.Figure) -> go.Figure:
    margin = {"l": 10, "r": 10, "t": 30, "b": 10}
    return figure.update_layout(margin=margin, plot_bgcolor="#fff", font={"size": 12})
