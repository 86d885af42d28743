"""The health of layers as a person reads it: which one does not learn, since when, and why."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Locator, expect
from support.compressed_logs import write_compressed_log
from support.health_log import (
    DYING,
    EPOCHS,
    LAYERS,
    RUNS,
    VANISHING,
    write_health,
    write_health_log,
)
from support.read import read_run
from support.server import Server, serve

from e2e.axe import assert_nothing_serious
from e2e.conftest import OpenPage
from e2e.page import ExplainPage
from tfexplain.wire import schema

pytestmark = [pytest.mark.browser, pytest.mark.process]

TRAINED = [path for path, (_, _, state, _) in LAYERS.items() if state == "trainable"]


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    log_dir = tmp_path_factory.mktemp("health")
    write_health_log(log_dir)
    return log_dir


@pytest.fixture(scope="module")
def server(log: Path) -> Iterator[Server]:
    with serve(log, "--host", "127.0.0.1") as server:
        server.wait_for_runs(len(RUNS), EPOCHS - 1)
        yield server


def logged(log: Path, run: str, metric: str, epoch: int) -> dict[str, float]:
    """A metric of each layer, as it is logged."""
    record = read_run(log / run, "health").record("health", epoch)
    assert isinstance(record, schema.Health)
    column = record.values[:, list(record.metrics).index(metric)]
    return {row["path"]: value for row, value in zip(record.rows, column.tolist(), strict=True)}


def rows(page: ExplainPage) -> list[str]:
    """The layers that the strip shows."""
    buttons = page.frame.locator("tfx-layer-strip li button")
    return [str(button.get_attribute("title")) for button in buttons.all()]


def numbers(page: ExplainPage, run: int) -> list[str]:
    """What stands beside a run's strip, row by row."""
    column = page.frame.locator("tfx-layer-strip .values").nth(run)
    return column.locator("span").all_inner_texts()


def number(text: str) -> float:
    """A number as the page writes it."""
    return float(text.replace("\N{MINUS SIGN}", "-"))


def choose_metric(page: ExplainPage, label: str) -> None:
    page.frame.get_by_label("Metric", exact=True).select_option(label=label)


def fact(page: ExplainPage, name: str) -> list[str]:
    """What the table of the chosen layer says, by run."""
    return page.frame.locator(f'tfx-kernel [data-fact="{name}"]').all_inner_texts()


def level(strip: Locator, row: int) -> float:
    """How bright a row of a strip is, in its middle."""
    script = """(canvas, y) => {
        const scale = canvas.height / canvas.clientHeight;
        const [r, g, b] = canvas.getContext("2d").getImageData(9, y * scale, 1, 1).data;
        return 0.299 * r + 0.587 * g + 0.114 * b;
    }"""
    return float(strip.locator("canvas").evaluate(script, 22 * row + 10))


def test_a_log_of_health_alone_shows_which_gradient_vanishes(
    open_tab: OpenPage, server: Server, log: Path
) -> None:
    with open_tab(server, None) as page:
        # There is nothing else to look at.
        expect(page.frame.get_by_role("tab", name="Samples")).to_have_count(0)
        expect(page.frame.get_by_label("Metric", exact=True)).to_have_value("gradient_norm")
        # What has no weights has no gradient; what is frozen is not missed.
        assert rows(page) == ["stem", *TRAINED]
        for at, run in enumerate(RUNS):
            told, known = numbers(page, at), logged(log, run, "gradient_norm", EPOCHS - 1)
            assert told[0] == "frozen"
            found = [number(text) for text in told[1:]]
            np.testing.assert_allclose(found, [known[path] for path in TRAINED], rtol=5e-3)
        healthy, vanishing = page.frame.locator("tfx-layer-strip .strip").all()
        levels = [level(vanishing, 1 + at) for at in range(len(TRAINED))]
        assert levels == sorted(levels)
        assert levels[0] < 60 < 160 < levels[-1]
        assert level(healthy, 1) == level(healthy, len(TRAINED))
        legend = page.frame.get_by_role("img", name=re.compile("Colours of gradient norm"))
        expect(legend).to_have_attribute("aria-label", re.compile("to 1.00, logarithmic$"))
        assert_nothing_serious(page)


def test_the_strip_follows_the_playhead_and_the_metric(
    open_tab: OpenPage, server: Server, log: Path
) -> None:
    with open_tab(server, None) as page:
        page.seek(0)
        known = logged(log, "vanishing", "gradient_norm", 0)
        found = [number(text) for text in numbers(page, 1)[1:]]
        np.testing.assert_allclose(found, [known[path] for path in TRAINED], rtol=5e-3)
        choose_metric(page, "dead units")
        assert rows(page) == [DYING]
        assert numbers(page, 1) == ["12.5%"]
        page.seek(EPOCHS - 1)
        share = logged(log, "vanishing", "dead_share", EPOCHS - 1)[DYING]
        assert numbers(page, 0) == ["0%"]
        assert numbers(page, 1) == [f"{share:.1%}"]


def test_the_chosen_layer_tells_its_state_its_weights_and_since_when_units_are_dead(
    open_tab: OpenPage, server: Server, log: Path
) -> None:
    with open_tab(server, None) as page:
        # Rows move while the numbers of layers come.
        page.settle()
        page.frame.locator("tfx-layer-strip li button", has_text="dense2").click()
        assert fact(page, "state") == ["trainable", "trainable"]
        assert fact(page, "activation") == ["sigmoid", "sigmoid"]
        record = read_run(log / "vanishing", "health").record("health")
        norms = dict(zip(record.weights_of, record.weight_values[:, 0].tolist(), strict=True))
        path = list(LAYERS).index("body/dense2")
        for weight in ("kernel", "bias"):
            told = number(fact(page, f"{weight}/gradient_norm")[1])
            assert told == pytest.approx(norms[path, weight], rel=5e-3)
        choose_metric(page, "dead units")
        page.frame.locator("tfx-layer-strip li button", has_text=DYING).click()
        # What has no weights has activations only.
        expect(page.frame.locator("tfx-kernel").get_by_role("radio")).to_have_count(0)
        units = read_run(log / "vanishing", "health").record(f"units/{DYING}")
        zeros, size = units.activations.zeros, int(units.activations.counts.sum())
        lines = page.frame.locator("tfx-spread .zeros .text")
        expect(lines.nth(1)).to_contain_text(f"{zeros} of {size + zeros:,} zero")
        last = "2 since epoch 0; 3 since epoch 1; 4 since epoch 2"
        expect(page.frame.locator("tfx-kernel .wide").nth(1)).to_contain_text(
            f"6 of 8 dead: {last}"
        )
        expect(page.frame.locator("tfx-kernel .wide").nth(0)).to_be_hidden()
        page.seek(0)
        assert fact(page, "dead_units")[1] == "1 of 8 dead: 2 since epoch 0"


def test_which_histogram_is_shown_follows_the_metric_until_another_is_chosen(
    open_tab: OpenPage, server: Server
) -> None:
    with open_tab(server, None) as page:
        page.frame.locator("tfx-layer-strip li button", has_text="dense2").click()
        bars = page.frame.locator("tfx-spread .bars")
        shown = re.compile("nonzero gradients")
        expect(bars).to_have_attribute("aria-label", shown)
        page.frame.locator("tfx-kernel .segments").get_by_text("Activations").click()
        expect(bars).to_have_attribute("aria-label", re.compile("nonzero activations"))
        choose_metric(page, "update to weight")
        expect(bars).to_have_attribute("aria-label", shown)
        # A tab of its own has room for both.
        page.frame.get_by_role("tab", name="Chosen layer").click()
        expect(bars).to_have_count(2)


def test_a_finding_leads_to_its_layer_and_metric(open_tab: OpenPage, server: Server) -> None:
    with open_tab(server, None) as page:
        choose_metric(page, "mean activation")
        page.frame.locator("tfx-layer-strip li button", has_text=DYING).click()
        page.seek(0)
        finding = page.frame.locator("tfx-findings button", has_text="gradients vanish")
        expect(finding).to_contain_text("vanishing: gradients vanish: that of body/dense1")
        finding.click()
        expect(page.frame.get_by_label("Metric", exact=True)).to_have_value("gradient_norm")
        chosen = page.frame.locator('tfx-layer-strip li button[aria-pressed="true"]')
        expect(chosen).to_have_attribute("title", VANISHING)
        assert page.epoch == EPOCHS - 1


def test_totals_are_curves_to_choose_and_details_tell_the_loss(
    open_tab: OpenPage, server: Server, log: Path
) -> None:
    with open_tab(server, None) as page:
        values = page.frame.locator("tfx-timeline .values tr")
        expect(values.filter(has_text="gradient norm")).to_have_count(0)
        page.frame.get_by_role("button", name="Curves").click()
        page.frame.get_by_role("checkbox", name="gradient norm").check()
        expect(values.filter(has_text="gradient norm")).to_have_count(1)
        ratio = read_run(log / "vanishing", "health").record("health").totals["gradient_ratio"]
        told = values.filter(has_text="first to last").locator(".number").last
        assert number(told.inner_text()) == pytest.approx(ratio, rel=5e-3)
        page.page.keyboard.press("Escape")
        page.frame.get_by_role("button", name="Details").click()
        details = page.frame.get_by_role("dialog", name="Details")
        expect(details).to_contain_text("the compiled one (mse), with regularizers")


def test_kernels_and_layers_are_one_strip(open_tab: OpenPage, tmp_path: Path) -> None:
    write_compressed_log(tmp_path / "pruned", epochs=3, maps=False)
    names = {"body/dense1": "conv1", "body/dense2": "lstm"}
    write_health(tmp_path / "pruned" / "health", vanishing=True, epochs=3, names=names)
    with serve(tmp_path, "--host", "127.0.0.1") as server:
        server.wait_for(lambda runs: len(runs) == 2)
        with open_tab(server, None) as page:
            # What was pruned is looked at first.
            expect(page.frame.get_by_label("Metric", exact=True)).to_have_value("sparsity")
            groups = page.frame.locator("tfx-metric-bar optgroup")
            labels = [group.get_attribute("label") for group in groups.all()]
            assert {"Sparsity", "Gradients", "Updates", "Activity"} <= set(labels)
            choose_metric(page, "gradient norm")
            assert rows(page) == ["stem", "conv1", "lstm", "body/dense3", "head"]
            page.frame.locator("tfx-layer-strip li button", has_text="lstm").click()
            choose_metric(page, "sparsity")
            chosen = page.frame.locator('tfx-layer-strip li button[aria-pressed="true"]')
            expect(chosen).to_have_attribute("title", "lstm.recurrent_kernel")
            # Facts of the kernel stand beside those of its layer.
            assert fact(page, "mode") == ["int8"]
            assert fact(page, "activation") == ["sigmoid"]
