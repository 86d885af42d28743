"""A page of your own on a logged run and its model: structure, predictions, maps, and what-if.

python examples/dash_app.py [--example pictures|text|table]           trains a small model first
python examples/dash_app.py --log-dir logs/run1 --model model.keras   shows what you trained

For classifiers with one input: of pictures, words, or columns of a table.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import keras
import numpy as np
from dash import Dash, Input, Output, State, ctx, dcc, html, no_update
from dash_samples import Samples, ask, options, rectangles, structure
from demo import free_port
from small_runs import EPOCHS, train

import tfexplain
from tfexplain import GradCAM, IntegratedGradients, Saliency

METHODS = {method.name: method for method in (IntegratedGradients(), Saliency(), GradCAM())}
HOW = {
    "plane": "Drag a rectangle on the left picture: it is filled with the picture's mean.",
    "tokens": "Put another word in the place of one.",
    "features": "Move the value of a column.",
}
# What is chosen anew undoes all changes.
AFRESH = {"run.value", "sample.value", "undo.n_clicks"}


def build(log: Any, model: Any) -> Dash:
    """The page of all runs of a log, and of a model."""
    samples = {name: Samples(run) for name, run in log.items()}
    app, first = Dash(__name__, title="A run and its model"), next(iter(samples.values()))
    app.layout = layout([*samples], first)
    show_log(app, log, samples, model)
    (draw_on_pictures if first.kind == "plane" else change_values)(app, samples)
    ask_model(app, samples, model)
    return app


def layout(runs: list[str], samples: Samples) -> Any:
    """What was logged on top, what the model says of a changed sample below."""
    run = [chosen("run", runs), chosen("map", []), chosen("sample", [], "sample: class")]
    epoch = html.Label(["epoch", dcc.Slider(0, 1, 1, value=0, id="epoch", marks=None)])
    logged = [
        html.Section([html.H2("Structure"), html.Div(html.Table(id="structure"))]),
        html.Section([html.H2("Predicted classes of the samples"), graph("predictions")]),
        html.Section([html.H2(id="about"), graph("logged")]),
    ]
    asked: list[Any] = [html.Div([html.H2("What if?"), HOW[samples.kind]])]
    if samples.kind == "tokens":
        words = options({id_: word for id_, word in samples.words.items() if word})
        asked += [chosen("place", [], "word"), chosen("value", words, "in its place")]
    elif samples.kind == "features":
        ends = float(samples.values.min()), float(samples.values.max())
        value = dcc.Slider(*ends, value=ends[0], id="value", marks=None)
        asked += [chosen("place", [], "column"), html.Label(["value", value])]
    methods = [name for name in METHODS if name != "GradCAM" or samples.kind == "plane"]
    asked += [chosen("method", methods), html.Button("Undo all", id="undo")]
    top = [html.H1("A run and its model"), *run, epoch]
    answer = [graph("picture"), graph("compared"), graph("outputs")]
    parts = {"controls": top, "logged": logged, "controls asked": asked}
    divisions: list[Any] = [html.Div(part, className=name) for name, part in parts.items()]
    divisions += [html.P(id="told"), html.Div(answer, className=f"answer {samples.kind}")]
    return html.Main([*divisions, dcc.Store("edits", data=[])])


def chosen(name: str, choices: list[Any], text: str = "") -> Any:
    """A choice with its label, the first chosen."""
    first = choices[0] if choices and isinstance(choices[0], str) else None
    return html.Label([text or name, dcc.Dropdown(choices, first, id=name, clearable=False)])


def graph(name: str) -> Any:
    """A place for a figure."""
    return dcc.Graph(id=name, config={"displayModeBar": False}, style={"height": "330px"})


def show_log(app: Dash, log: Any, samples: dict[str, Samples], model: Any) -> None:
    """Answers what is chosen of a log: run, map, epoch, sample."""

    @app.callback(
        *(Output("map", "options"), Output("map", "value"), Output("sample", "options")),
        *(Output("sample", "value"), Output("epoch", "max"), Output("epoch", "value")),
        *(Output("structure", "children"), Output("predictions", "figure"), Input("run", "value")),
    )
    def choose_run(name: str) -> tuple[Any, ...]:
        run, own = log[name], samples[name]
        maps = [f"{maps.explainer} at {maps.layer}" for maps in run.maps if maps.kind != "picture"]
        labels = {i: f"{i}: {own.class_name(y)}" for i, y in enumerate(run.samples["label"])}
        head = html.Tr([html.Th(text) for text in ("layer", "output", "parameters", "sparsity")])
        rows = [html.Tr([html.Td(text) for text in row]) for row in structure(model, run)]
        drawn, last = own.predictions(run.predictions), int(run.predictions["epoch"].max())
        sure = run.predictions["probability"][run.predictions["epoch"] == last]
        least, rows = int(sure.argmin()), [head, *rows]  # opens on the least sure sample
        return maps, maps[-1], options(labels), least, last, last, rows, drawn

    @app.callback(
        *(Output("logged", "figure"), Output("about", "children")),
        [Input(name, "value") for name in ("run", "map", "sample", "epoch")],
    )
    def show_map(name: str, title: str, sample: int, epoch: int) -> tuple[Any, str]:
        maps, own = log[name][tuple(title.split(" at ", 1))], samples[name]
        known = max((e for e in maps.epochs if e <= epoch), default=maps.epochs[0])
        record, content = maps.records(known)[sample], maps.content
        target = f" for {own.class_name(record.target)}" if maps.kind == "map" else ""
        panel = {"": (own.values[sample], record.values)}
        return own.maps(panel, content.unit, content.signed), f"{title}{target}, epoch {known}"


def draw_on_pictures(app: Dash, samples: dict[str, Samples]) -> None:
    """Takes rectangles of the chosen sample."""

    @app.callback(
        *(Output("edits", "data"), Input("picture", "relayoutData"), Input("run", "value")),
        *(Input("sample", "value"), Input("undo", "n_clicks"), State("edits", "data")),
    )
    def draw(drawn: dict[str, Any] | None, *rest: Any) -> Any:
        if AFRESH & {*ctx.triggered_prop_ids}:
            return []
        shapes = (drawn or {}).get("shapes")
        return [*rest[-1], *rectangles(shapes)] if shapes else no_update


def change_values(app: Dash, samples: dict[str, Samples]) -> None:
    """Takes other words or values of the chosen sample."""
    sample = [Input("run", "value"), Input("sample", "value")]
    undo, edits = Input("undo", "n_clicks"), State("edits", "data")

    @app.callback(Output("place", "options"), Output("place", "value"), *sample)
    def offer(name: str, number: int) -> tuple[Any, int]:
        places = samples[name].places(samples[name].values[number])
        return options(places), next(iter(places))

    @app.callback(Output("value", "value"), Input("place", "value"), *sample, undo, edits)
    def begin(place: int, name: str, number: int, _: Any, edits: list[Any]) -> float:
        known = {} if AFRESH & {*ctx.triggered_prop_ids} else dict(edits)
        return float(known.get(place, samples[name].values[number][place]))

    @app.callback(
        *(Output("edits", "data"), Input("value", "value"), *sample, undo, State("place", "value")),
        edits,
    )
    def edit(value: float, name: str, number: int, _: Any, place: int, edits: list[Any]) -> Any:
        if AFRESH & {*ctx.triggered_prop_ids}:
            return []
        others = [edit for edit in edits if edit[0] != place]
        return others + [[place, value]] * (value != float(samples[name].values[number][place]))


def ask_model(app: Dash, samples: dict[str, Samples], model: Any) -> None:
    """Shows outputs and maps of the chosen sample, as it was and as it is changed."""

    @app.callback(
        [Output(name, "figure") for name in ("picture", "compared", "outputs")],
        *(Output("told", "children"), Input("edits", "data"), Input("method", "value")),
        *(State("run", "value"), State("sample", "value")),
    )
    def what_if(edits: list[Any], method: str, name: str, number: int) -> tuple[Any, ...]:
        own, x = samples[name], samples[name].values[number]
        y = own.changed(x, edits)
        outputs, (before, after) = ask(model, np.stack([x, y]), METHODS[method])
        panels = {"before": (x, before.maps[0]), "after": (y, after.maps[0])}
        said = [f"{own.class_name(row.argmax())} (probability {row.max():.3f})" for row in outputs]
        told = f"Prediction: {said[0]}" + (f"; after the change: {said[1]}" if edits else "")
        told += f". Maps: evidence for {own.class_name(before.targets[0])}."
        compared = own.maps(panels, before.unit, before.signed)
        return own.picture(y), compared, own.outputs(outputs), told


def main(arguments: Sequence[str] | None = None) -> None:
    """Read, or train and read; serve until Ctrl-C."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n\n")[0])
    add = parser.add_argument
    add("--log-dir", type=Path, help="what Explain logged; needs --model")
    add("--model", type=Path, help="the saved model of that run")
    add("--example", choices=[*EPOCHS], default="pictures", help="what to train without --log-dir")
    add("--epochs", type=int, help="of the example")
    add("--port", type=int, default=8050, help="a free one is found if it is taken")
    asked = parser.parse_args(arguments)
    if (asked.log_dir is None) != (asked.model is None):
        parser.error("--log-dir and --model: expected both or none.")
    log_dir = asked.log_dir or Path("logs/dash") / asked.example
    model = asked.model or train(asked.example, log_dir, asked.epochs)
    app = build(tfexplain.read(log_dir), keras.models.load_model(model))
    app.run(host="localhost", port=free_port(asked.port))


if __name__ == "__main__":
    main()
