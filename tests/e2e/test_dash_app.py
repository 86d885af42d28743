"""The Dash example on pictures, words and a table, in a browser: what it shows is what was logged,
and what it says of a changed sample is what the saved model says."""

from __future__ import annotations

import re
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from playwright.sync_api import Browser, Page, expect
from support.examples import ROOT, environment
from support.forks import Script

import tfexplain
from e2e.conftest import ARTIFACTS
from tfexplain import schema

pytestmark = [pytest.mark.browser, pytest.mark.process]
KINDS = ("pictures", "text", "table")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("dash")


@pytest.fixture(scope="module")
def addresses(folder: Path) -> Iterator[dict[str, str]]:
    """Where each example is served, as a user starts it."""
    script, options = ROOT / "examples" / "dash_app.py", ("--epochs", 2, "--port", 0)
    started = {
        kind: Script(script, "--example", kind, *options, folder=folder, environment=environment())
        for kind in KINDS
    }
    try:
        yield {kind: address(script) for kind, script in started.items()}
    finally:
        for each in started.values():
            each.signal(signal.SIGINT)
        for each in started.values():
            each.wait(60)


def address(script: Script) -> str:
    """What it prints when it is ready."""
    for _ in range(3000):
        found = re.search(r"Running on (http\S+)", script.said("stderr"))
        if found:
            return found[1]
        if not script.runs:
            break
        time.sleep(0.1)
    raise AssertionError(script.said("stdout")[-1000:] + script.said("stderr")[-3000:])


class App:
    """The page of one kind beside the run and the model that it shows."""

    def __init__(self, page: Page, log_dir: Path) -> None:
        self.page, (self.run,) = page, tfexplain.read(log_dir).values()
        self.model = keras.models.load_model(log_dir / "model.keras")

    def figure(self, name: str) -> list[dict[str, Any]]:
        """The traces of a figure as they are drawn."""
        return self.page.evaluate(
            """name => document.querySelector(`#${name} .js-plotly-plot`).data.map(trace =>
                Object.fromEntries(["x", "y", "z", "text", "customdata"].filter(key => key in trace)
                    .map(key => [key, plain(trace[key])])));
            function plain(value) {
                if (value?._inputArray) return plain(value._inputArray); // it came as bytes
                return ArrayBuffer.isView(value) || Array.isArray(value)
                    ? Array.from(value, plain) : value;
            }""",
            name,
        )

    def choose(self, name: str, text: str) -> None:
        """An option of a drop-down list."""
        self.page.click(f"#{name}")
        self.page.get_by_role("option", name=text, exact=True).first.click()

    def outputs(self) -> np.ndarray:
        """Probabilities of the classes before and after the change."""
        return np.array([trace["y"] for trace in self.figure("outputs")])

    def changed(self) -> bool:
        """Whether the page speaks of a change."""
        return "after the change" in self.page.inner_text("#told")

    def shows(self, condition: Callable[[], bool]) -> None:
        """Waits until it holds."""
        for _ in range(200):
            if condition():
                return
            self.page.wait_for_timeout(100)
        raise AssertionError(self.page.inner_text("main"))

    def undo(self) -> None:
        """All changes; the page says no more that there are any."""
        self.page.click("#undo")
        self.shows(lambda: not self.changed())
        before, after = self.outputs()
        np.testing.assert_array_equal(before, after)

    def predicted(self, *rows: Any) -> np.ndarray:
        """What the saved model says."""
        return self.model.predict(np.stack(rows), verbose=0)

    def logits(self, *rows: Any) -> np.ndarray:
        """What the saved model says before its softmax."""
        inside = keras.Model(self.model.inputs, self.model.layers[-1].input)
        kernel, bias = self.model.layers[-1].get_weights()
        return inside.predict(np.stack(rows), verbose=0) @ kernel + bias


@pytest.fixture
def opened(
    request: pytest.FixtureRequest, browser: Browser, addresses: dict[str, str], folder: Path
) -> Iterator[App]:
    """The page of the kind that the test is about."""
    kind = request.param
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    errors: list[str] = []
    page.on("console", lambda message: errors.append(f"{message.type}: {message.text}"))
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(addresses[kind])
    expect(page.locator("#told")).to_contain_text("Prediction", timeout=60_000)
    page.wait_for_function("document.querySelectorAll('.js-plotly-plot .main-svg').length > 9")
    yield App(page, folder / "logs" / "dash" / kind)
    page.close()
    assert errors == []


def of_kind(kind: str) -> pytest.MarkDecorator:
    """The page of one kind for a test."""
    return pytest.mark.parametrize("opened", [kind], indirect=True)


@of_kind("pictures")
def test_structure_and_predictions_are_those_of_the_log_and_the_model(opened: App) -> None:
    kernels = opened.run.kernels
    last = kernels["epoch"] == kernels["epoch"].max()
    sparsity = dict(zip(kernels["path"][last], kernels["sparsity"][last], strict=True))
    assert 0.4 < sparsity["conv2"] < 0.6
    rows = opened.page.locator("#structure tr").all()
    assert len(rows) == 1 + len(opened.model.layers)
    for row, layer in zip(rows[1:], opened.model.layers, strict=True):
        size = " × ".join(map(str, layer.output.shape[1:]))
        zeros = f"{sparsity[layer.name]:.1%}" if layer.name in sparsity else "-"
        expected = [layer.name, size, f"{layer.count_params():,}", zeros]
        assert row.locator("td").all_inner_texts() == expected

    (heat,) = opened.figure("predictions")
    table = opened.run.predictions
    for sample, epoch in np.ndindex(8, 2):
        at = (table["sample"] == sample) & (table["epoch"] == epoch)
        assert heat["text"][sample][epoch] == str(int(table["predicted"][at][0]))
        assert heat["customdata"][sample][epoch] == pytest.approx(table["probability"][at][0])
        right = table["predicted"][at][0] == table["label"][at][0]
        assert (heat["z"][sample][epoch] > 0) == right


@of_kind("pictures")
def test_logged_maps_are_those_that_were_chosen(opened: App) -> None:
    def logged() -> Any:
        return np.array(opened.figure("logged")[-1]["z"])

    def about(text: str) -> None:
        expect(opened.page.locator("#about")).to_have_text(re.compile(text))
        opened.page.wait_for_timeout(300)

    ours = opened.run["IntegratedGradients"].maps(1)
    assert min(abs(logged() - values).max() for values in ours) < 1e-7
    opened.choose("sample", "5: 6")
    opened.choose("map", "GradCAM at conv3")
    opened.page.locator("#epoch [role=slider]").press("ArrowLeft")
    about("GradCAM at conv3 for 6, epoch 0")
    np.testing.assert_allclose(logged(), opened.run["GradCAM"].maps(0)[5], rtol=1e-6)
    opened.choose("map", "FeatureMaps at conv2")
    about("FeatureMaps at conv2, epoch 0")
    channels = opened.run["FeatureMaps", "conv2"].maps(0)[5]
    np.testing.assert_allclose(logged()[9:17, 18:26], channels[6], rtol=1e-6)


@of_kind("pictures")
def test_a_masked_region_changes_prediction_and_map(opened: App) -> None:
    opened.choose("sample", "3: 4")
    x = opened.run.inputs["input"][3] / np.float32(255)
    y = x.copy()
    y[1:5, 2:6] = x.mean()
    expected = opened.predicted(x, y)
    opened.shows(lambda: np.allclose(opened.outputs()[0], expected[0], atol=1e-5))

    corners = opened.page.evaluate(
        """() => {
            const plot = document.querySelector("#picture .js-plotly-plot");
            const { xaxis, yaxis } = plot._fullLayout, box = plot.getBoundingClientRect();
            return [[1.8, 0.7], [5.3, 4.4]].map(([x, y]) => [
                box.x + xaxis._offset + xaxis.d2p(x), box.y + yaxis._offset + yaxis.d2p(y)]);
        }"""
    )
    opened.page.mouse.move(*corners[0])
    opened.page.mouse.down()
    opened.page.mouse.move(*corners[1], steps=4)
    opened.page.mouse.up()
    opened.shows(opened.changed)
    np.testing.assert_allclose(opened.outputs(), expected, atol=1e-5)
    assert abs(expected[0] - expected[1]).max() > 0.01

    # Integrated Gradients add up to what the explained logit gained since a black picture.
    _, before, _, after = (np.array(trace["z"]) for trace in opened.figure("compared"))
    gained = opened.logits(x, y) - opened.logits(np.zeros_like(x))
    target = expected[0].argmax()
    found = [values.sum() for values in (before, after)]
    largest = max(abs(before).sum(), abs(after).sum())
    np.testing.assert_allclose(found, gained[:, target], atol=0.03 * largest)
    opened.page.screenshot(path=ARTIFACTS / "dash_pictures.png")
    opened.undo()


@of_kind("text")
def test_a_changed_word_changes_prediction_and_map(opened: App) -> None:
    (records,) = opened.run.records(schema.Values).values()
    words = np.reshape(records[0].words, records[0].values.shape)
    opened.choose("sample", "6: NumPy")
    x = opened.run.inputs["input"][6]
    known = dict(zip(words.ravel(), records[0].values.ravel(), strict=True))
    other = next(word for word in known if word and word not in words[6])
    y = x.copy()
    y[1] = known[other]
    expected = opened.predicted(x, y)
    opened.shows(lambda: np.allclose(opened.outputs()[0], expected[0], atol=1e-5))
    opened.choose("place", f"2: {words[6][1]}")
    opened.choose("value", other)
    opened.shows(opened.changed)
    np.testing.assert_allclose(opened.outputs(), expected, atol=1e-5)
    assert abs(expected[0] - expected[1]).max() > 1e-4
    before, after = opened.figure("compared")
    assert before["text"][0][:3] == [*words[6][:3]]
    assert after["text"][0][:3] == [words[6][0], other, words[6][2]]
    assert before["z"][0][1] != after["z"][0][1]
    opened.page.screenshot(path=ARTIFACTS / "dash_text.png")
    opened.undo()


@of_kind("table")
def test_a_moved_feature_changes_prediction_and_map(opened: App) -> None:
    opened.choose("sample", "2: grower 1")
    x = opened.run.inputs["input"][2]
    opened.shows(
        lambda: np.allclose(opened.outputs()[0], opened.predicted(x)[0], atol=1e-5),
    )
    opened.choose("place", "proline")
    slider = opened.page.locator("#value [role=slider]")
    place = opened.figure("compared")[0]["y"].index(f"proline = {x[12]:.3g}")
    opened.shows(lambda: float(slider.get_attribute("aria-valuenow")) == pytest.approx(x[place]))
    box = opened.page.locator("#value").bounding_box()
    opened.page.mouse.click(box["x"] + 0.9 * box["width"], box["y"] + box["height"] / 2)
    opened.shows(opened.changed)
    y = x.copy()
    y[place] = float(slider.get_attribute("aria-valuenow"))
    assert y[place] > x[place] + 1
    expected = opened.predicted(x, y)
    np.testing.assert_allclose(opened.outputs(), expected, atol=1e-5)
    before, after = opened.figure("compared")
    assert after["y"][place] == f"proline = {y[place]:.3g}"
    gained = opened.logits(x, y) - opened.logits(np.zeros_like(x))
    found = [sum(trace["x"]) for trace in (before, after)]
    target = expected[0].argmax()
    np.testing.assert_allclose(found, gained[:, target], atol=0.03 * np.abs(after["x"]).sum())
    opened.page.screenshot(path=ARTIFACTS / "dash_table.png")

    # Another sample is shown as it was logged.
    opened.choose("sample", "5: grower 2")
    opened.shows(lambda: not opened.changed())
    np.testing.assert_allclose(
        opened.outputs(), opened.predicted(*[opened.run.inputs["input"][5]] * 2), atol=1e-5
    )
