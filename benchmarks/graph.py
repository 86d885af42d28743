"""The graph of layers at scale: opened folded, unfolded, moved, enlarged and scrubbed.

    python benchmarks/graph.py [--model mobilenet|long|transformer] [--quick]

Three models: a nested MobileNetV2 (155 layers), a chain of residual blocks of 500 layers, and a
transformer of 12 blocks of Keras Hub, all of random weights. Their records of structure are ours,
the numbers of their layers are made up.

Beside the time by the clock stands the processor time of the page's process, which other work on
the machine does not lengthen. A frame's cost is the processor time of Chromium's main thread,
without a graphics card; 60 frames a second leave 16.7 ms.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

import keras
import numpy as np
from playwright.sync_api import Browser, sync_playwright

# The root goes first, or Python takes the folder tests/tfexplain for the package.
sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
sys.path.insert(0, str(Path(__file__).parents[1]))

from dashboard import frame_costs, p95
from e2e.page import ExplainPage, open_page, wait_loaded
from e2e.start import SWITCHES, chromium
from support.server import serve

from tfexplain.model.keras_model import KerasModel
from tfexplain.runlog.structure_record import structure_record
from tfexplain.runlog.writer import RunWriter
from tfexplain.wire import schema

EPOCHS, FRAMES = 20, 120
METRICS = ("gradient_norm", "activation_sparsity")
LAYERS = 500

GRAPH = """document.querySelector("tfx-app").shadowRoot.querySelector("tfx-compression")
    .shadowRoot.querySelector("tfx-layer-graph")"""
FRAME = "await new Promise((done) => requestAnimationFrame(() => setTimeout(done)));"
# Another tab and back: the graph is made anew, its script is there.
OPEN = f"""async () => {{
    const {{ dashboard }} = document.querySelector("tfx-app");
    dashboard.update({{ panel: "layers" }});
    {FRAME}
    const begin = performance.now();
    dashboard.update({{ panel: "graph" }});
    while (!({GRAPH})?.shadowRoot?.querySelector(".node")) {FRAME}
    {FRAME}
    return performance.now() - begin;
}}"""
UNFOLD = f"""async () => {{
    const graph = {GRAPH};
    const all = [];
    const visit = (nodes) => nodes.forEach((node) => {{
        if (node.parts.length > 0) all.push(node.id);
        visit(node.parts);
    }});
    visit(graph.tree);
    const begin = performance.now();
    graph.open = new Set(all);
    graph.lay();
    graph.requestUpdate();
    await graph.updateComplete;
    {FRAME}
    return performance.now() - begin;
}}"""
NODES = f"({GRAPH}).shadowRoot.querySelectorAll('.node').length"
MOVED = f"""async (frames) => {{
    const scroll = ({GRAPH}).shadowRoot.querySelector(".scroll");
    for (let i = 0; i < frames; i++) {{
        scroll.scrollBy(0, i < frames / 2 ? 24 : -24);
        await new Promise(requestAnimationFrame);
    }}
}}"""
ZOOMED = f"""async (frames) => {{
    for (let i = 0; i < frames; i++) {{
        ({GRAPH}).zoomBy(i < frames / 2 ? 1.01 : 1 / 1.01, 300, 200);
        await new Promise(requestAnimationFrame);
    }}
}}"""
SCRUBBED = """async (frames) => {
    const { dashboard } = document.querySelector("tfx-app");
    const { steps } = dashboard.scene;
    for (let i = 0; i < frames; i++) {
        dashboard.seek(steps[i % steps.length]);
        await new Promise(requestAnimationFrame);
    }
}"""
MOVES = {"moved": MOVED, "enlarged and back": ZOOMED, "scrubbed": SCRUBBED}


def main() -> None:
    """Print a table for each model."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--model", choices=MODELS, help="one only")
    parser.add_argument("--quick", action="store_true", help="few frames, everything once")
    arguments = parser.parse_args()
    frames, rounds = (12, 1) if arguments.quick else (FRAMES, 5)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=SWITCHES)
        for name in [arguments.model] if arguments.model else MODELS:
            with tempfile.TemporaryDirectory() as folder:
                count = write_log(Path(folder), *MODELS[name]())
                print(f"\n| {name}: {count} calls | |\n|---|---|", flush=True)
                with serve(Path(folder), "--host", "127.0.0.1") as server:
                    server.wait_for(lambda runs: is_read(runs))
                    measure(browser, server.address, frames, rounds)
        browser.close()


def is_read(runs: dict[str, Any]) -> bool:
    """Whether TensorBoard has the last epoch."""
    return any(
        group["kind"] == "health" and group["last_step"] == EPOCHS - 1
        for run in runs.values()
        for group in run["groups"]
    )


def tell(name: str, value: str) -> None:
    """One line of the table."""
    print(f"| {name} | {value} |", flush=True)


# ------------------------------------------------------------------------- the page


def measure(browser: Browser, address: str, frames: int, rounds: int) -> None:
    """All lines of one model."""
    place = "&p.tfexplain.view=model&p.tfexplain.panel=graph"
    with open_page(browser, address, place) as page:
        wait_loaded(page)
        page.frame.wait_for_function(f"{NODES} > 0")
        page.settle()
        timed(page, "opened, folded", OPEN, rounds)
        moves(browser, page, "folded", frames)
        timed(page, "unfolded", UNFOLD, rounds)
        moves(browser, page, "unfolded", frames)


def timed(page: ExplainPage, name: str, script: str, rounds: int) -> None:
    """The clock's and the processor's time of what a script does."""
    session = page.page.context.new_cdp_session(page.page)
    session.send("Performance.enable")

    def used() -> float:
        metrics = session.send("Performance.getMetrics")["metrics"]
        return float(next(one["value"] for one in metrics if one["name"] == "ProcessTime"))

    found = []
    for _ in range(rounds):
        before = used()
        clock = page.frame.evaluate(script)
        found.append((clock, 1000 * (used() - before)))
    clocks, processor = (median(own) for own in zip(*found, strict=True))
    nodes = page.frame.evaluate(NODES)
    tell(
        f"{name} ({nodes} boxes)", f"{clocks:.0f} ms by the clock, {processor:.0f} ms of processor"
    )


def moves(browser: Browser, page: ExplainPage, state: str, frames: int) -> None:
    """What a frame costs while the graph moves."""
    for name, script in MOVES.items():
        page.settle()
        browser.start_tracing(page=page.page, categories=["cc"])
        page.page.wait_for_timeout(200)
        page.frame.evaluate(script, frames)
        page.page.wait_for_timeout(200)
        costs = frame_costs(browser.stop_tracing(), frames)
        tell(f"{state}, {name}", f"{median(costs):.1f} ms a frame, p95 {p95(costs):.1f} ms")


# ------------------------------------------------------------------------- the logs


def write_log(folder: Path, model: Any, inputs: Any) -> int:
    """A log of made-up health of a model's layers, with its graph; returns the number of calls."""
    record = structure_record(KerasModel(model, inputs))
    assert record
    log = RunWriter(str(folder / "run" / "health"))
    log.open()
    log.add_constant(schema.Tag("structure"), record, schema.Content("structure"))
    calls = [row for row in record.rows if row["kind"] == "call"]
    names = list(dict.fromkeys(row["name"].partition("@")[0] for row in calls))
    rows = [
        {"path": name, "type": "Layer", "activation": "", "state": "trainable"} for name in names
    ]
    rng = np.random.default_rng(0)
    for epoch in range(EPOCHS):
        values = np.exp(rng.normal(0, 2, (len(rows), len(METRICS))))
        values[:, 1] = rng.random(len(rows))
        found = schema.Health(
            *(rows, METRICS, values, [], np.zeros((0, len(METRICS))), {"gradient_norm": 1.0}, 10)
        )
        log.add(schema.Tag("health"), epoch, found, schema.Content("health"))
        metrics = schema.Metrics({"loss": 1 / (1 + epoch)})
        log.add(schema.Tag("metrics"), epoch, metrics, schema.Content("metrics"))
        log.commit()
    log.close()
    return len(calls)


def mobilenet() -> tuple[Any, Any]:
    """A MobileNetV2 inside of another model."""
    base = keras.applications.MobileNetV2(
        include_top=False, weights=None, input_shape=(96, 96, 3), alpha=0.35
    )
    layers = [keras.Input((96, 96, 3)), base, keras.layers.GlobalAveragePooling2D()]
    return keras.Sequential([*layers, keras.layers.Dense(6)]), np.zeros((1, 96, 96, 3), "float32")


def long() -> tuple[Any, Any]:
    """Residual blocks of five layers each: `LAYERS` in all."""
    inputs = values = keras.Input((8, 8, 4))
    for i in range(LAYERS // 5):
        found = values
        for half in ("a", "b"):
            found = keras.layers.Conv2D(4, 3, padding="same", name=f"block{i}_conv_{half}")(found)
            found = keras.layers.ReLU(name=f"block{i}_relu_{half}")(found)
        values = keras.layers.Add(name=f"block{i}_add")([found, values])
    return keras.Model(inputs, values), np.zeros((1, 8, 8, 4), "float32")


def transformer() -> tuple[Any, Any]:
    """BERT of 12 blocks, without the weights that others trained."""
    from support.hub import hub

    backbone = hub().models.BertBackbone(
        vocabulary_size=12,
        num_layers=12,
        num_heads=4,
        hidden_dim=32,
        intermediate_dim=64,
        max_sequence_length=12,
    )
    row = {name: np.ones((1, 12), "int32") for name in ("token_ids", "segment_ids", "padding_mask")}
    return backbone, row


MODELS: dict[str, Callable[[], tuple[Any, Any]]] = {
    "mobilenet": mobilenet,
    "long": long,
    "transformer": transformer,
}

if __name__ == "__main__":
    main()
