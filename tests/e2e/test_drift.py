"""What compression did to what the model looks at: the panel Focus and the track of drift."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Locator, expect
from support.drift_logs import CLASSES, SAMPLES, write_comparison_log, write_drifting_log
from support.logs import LogWriter
from support.read import read_run
from support.server import Server, serve

from e2e.axe import assert_nothing_serious
from e2e.conftest import OpenPage
from e2e.page import ExplainPage
from tfexplain.wire import schema

pytestmark = [pytest.mark.browser, pytest.mark.process]

DRIFT = "&p.tfexplain.panel=focus"
STAYED = "Focus moved most though the prediction stayed"
CHANGED = "Prediction changed"
EPOCHS, REFERENCE = 12, 2


@pytest.fixture(scope="module")
def compared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    log_dir = tmp_path_factory.mktemp("compared")
    write_comparison_log(log_dir)
    return log_dir


@pytest.fixture(scope="module")
def compared_server(compared: Path) -> Iterator[Server]:
    with serve(compared, "--host", "127.0.0.1") as server:
        server.wait_for(lambda runs: len(runs) == 4 and all(map(_is_whole, runs.values())))
        yield server


def _is_whole(run: dict[str, list[dict[str, str]]]) -> bool:
    """The last record of a model is its fidelity; the reference's are its maps."""
    groups = {group["group"] for group in run["groups"]}
    return "fidelity" in groups or "map/IntegratedGradients/image" in groups


@pytest.fixture(scope="module")
def drifting(tmp_path_factory: pytest.TempPathFactory) -> Path:
    log_dir = tmp_path_factory.mktemp("drifting")
    write_drifting_log(log_dir, epochs=EPOCHS, reference=REFERENCE)
    return log_dir


@pytest.fixture(scope="module")
def drifting_server(drifting: Path) -> Iterator[Server]:
    def ready(runs: dict[str, dict[str, list[dict[str, object]]]]) -> bool:
        groups = [group for run in runs.values() for group in run["groups"]]
        drifts = [group for group in groups if group["kind"] == "drift"]
        return len(drifts) == 4 and all(g["last_step"] == EPOCHS - 1 for g in drifts)

    with serve(drifting, "--host", "127.0.0.1") as server:
        server.wait_for(ready)
        yield server


def drift_of(log_dir: Path, run: str, place: str, step: int | None = None) -> schema.Drift:
    record = read_run(log_dir / run).record(f"drift/{place}", step)
    assert isinstance(record, schema.Drift)
    return record


def column(record: schema.Drift, measure: str) -> np.ndarray:
    return np.asarray(record.values)[:, list(record.measures).index(measure)]


def ranking(log_dir: Path, place: str, measure: str, agrees: bool) -> list[tuple[str, int]]:
    """Run and sample of the models' samples by numpy, the least alike first."""
    found: list[tuple[float, str, int]] = []
    for run in ("int8", "pruned"):
        record = drift_of(log_dir, run, place)
        values = column(record, measure)
        wanted = np.flatnonzero((np.asarray(record.agrees) == agrees) & np.isfinite(values))
        found += [(float(values[sample]), run, int(sample)) for sample in wanted]
    order = np.argsort([value for value, _, _ in found], kind="stable")
    return [found[i][1:] for i in order]


def items(page: ExplainPage, heading: str) -> Locator:
    return page.frame.get_by_role("list", name=heading).get_by_role("button")


def listed(page: ExplainPage, heading: str) -> list[tuple[str, int]]:
    rows = items(page, heading)
    runs = rows.locator(".run").all_inner_texts()
    samples = rows.locator(".sample").all_inner_texts()
    return [(run, int(sample)) for run, sample in zip(runs, samples, strict=True)]


def number(text: str) -> float:
    return float(text.replace("\u2212", "-"))


def run_row(page: ExplainPage, run: str) -> Locator:
    heading = page.frame.get_by_role("heading", name=run, exact=False)
    return page.frame.locator("tfx-drift-run").filter(has=heading)


def test_a_person_sees_which_samples_changed_focus(
    open_tab: OpenPage, compared_server: Server, compared: Path
) -> None:
    with open_tab(compared_server, DRIFT) as page:
        stayed = ranking(compared, "GradCAM/conv2", "spearman", agrees=True)
        assert listed(page, STAYED) == stayed[:20]
        page.frame.get_by_role("button", name=f"Show all {len(stayed)}").click()
        assert listed(page, STAYED) == stayed
        assert len(stayed) == 2 * SAMPLES - 4 - 1
        changed = ranking(compared, "GradCAM/conv2", "spearman", agrees=False)
        assert listed(page, CHANGED) == changed
        run, sample = changed[0]
        first = items(page, CHANGED).first
        now, before = (CLASSES[(sample + by) % len(CLASSES)] for by in (1, 0))
        expect(first).to_contain_text(f"predicted {now} (dense: {before})")
        values = column(drift_of(compared, run, "GradCAM/conv2"), "spearman")
        assert number(first.locator(".value").inner_text()) == pytest.approx(
            values[sample], abs=0.005001
        )


def test_the_band_is_of_the_control_and_says_who_is_outside(
    open_tab: OpenPage, compared_server: Server, compared: Path
) -> None:
    with open_tab(compared_server, DRIFT) as page:
        control = drift_of(compared, "seed 2", "GradCAM/conv2")
        stayed = column(control, "spearman")[np.asarray(control.agrees)]
        assert len(stayed) == SAMPLES - 1
        low, high = np.percentile(stayed, [10, 90])
        text = page.frame.locator("tfx-drift-panel .band").inner_text()
        assert text.strip() == (
            f"control seed 2: 10th–90th percentile of {len(stayed)} values, {low:.2f} to {high:.2f}"
        )
        page.frame.get_by_role("button", name=re.compile("^Show all [0-9]")).click()
        places = items(page, STAYED).locator(".side").all_inner_texts()
        expected = []
        for run, sample in ranking(compared, "GradCAM/conv2", "spearman", agrees=True):
            value = column(drift_of(compared, run, "GradCAM/conv2"), "spearman")[sample]
            within = "within normal variation" if value <= high else "above the control band"
            expected.append("outside the control band" if value < low else within)
        assert places == expected
        assert len(set(places)) == 3


def test_controls_are_rows_only_where_asked_for(
    open_tab: OpenPage, compared_server: Server
) -> None:
    with open_tab(compared_server, DRIFT) as page:
        control = page.frame.get_by_role("checkbox", name="seed 2")
        expect(control).not_to_be_checked()
        expect(run_row(page, "seed 2")).to_have_count(0)
        before = listed(page, STAYED)
        control.check()
        expect(run_row(page, "seed 2")).to_contain_text("control, against dense")
        assert listed(page, STAYED) == before
        page.frame.get_by_role("checkbox", name="int8").uncheck()
        expect(page.frame.locator("tfx-drift-panel .key")).to_contain_text("1 more run has drift")
        assert {run for run, _ in listed(page, STAYED)} == {"pruned"}


def test_numbers_of_a_run(open_tab: OpenPage, compared_server: Server, compared: Path) -> None:
    with open_tab(compared_server, DRIFT) as page:
        record = drift_of(compared, "pruned", "GradCAM/conv2")
        values, agrees = column(record, "spearman"), np.asarray(record.agrees)
        row = run_row(page, "pruned")
        assert row.locator(".agreeing").inner_text() == str(agrees.sum())
        assert row.locator(".flipped").inner_text() == str((~agrees).sum())
        for name, mask in (("agreeing", agrees), ("flipped", ~agrees)):
            shown = number(row.locator(f".{name}-mean").inner_text())
            assert shown == pytest.approx(np.nanmean(values[mask]), abs=0.005001)
        expect(row.locator(".none")).to_have_text(" · 1 undefined")
        fidelity = read_run(compared / "pruned").record("fidelity")
        said = row.locator(".fidelity")
        expect(said).to_contain_text(f"same prediction {fidelity.numbers['agreement']:.1%}")
        expect(said).to_contain_text("KL 0.0180 nats")
        expect(said).to_contain_text("on 300 samples")
        page.frame.get_by_text("Changed predictions by class").click()
        cells = page.frame.locator("tfx-drift-panel details tbody tr").nth(2).locator("td")
        assert cells.all_inner_texts()[1] == f"{fidelity.flips[2]} of {fidelity.counts[2]}"


def test_a_row_shows_its_maps_and_its_link_finds_the_same(
    open_tab: OpenPage, compared_server: Server, compared: Path
) -> None:
    with open_tab(compared_server, DRIFT) as page:
        page.choose("Maps to compare", "IntegratedGradients/image")
        page.choose("Measure of similarity", "top10_iou")
        expected = ranking(compared, "IntegratedGradients/image", "top10_iou", agrees=True)
        assert listed(page, STAYED) == expected[:20]
        run, sample = expected[1]
        items(page, STAYED).nth(1).click()
        cell = page.map("IntegratedGradients", "image", sample, run).cell
        expect(cell.locator("canvas")).to_be_in_viewport(ratio=0.99)
        assert page.frame.locator("tfx-drift-panel").is_visible()
        difference = page.frame.locator("tfx-toolbar label", has_text="Difference")
        chosen = difference.locator("select").evaluate("e => e.selectedOptions[0].text")
        assert chosen == f"{run} − dense"
        for part in ("measure=top10_iou", "difference="):  # the last that was clicked
            page.wait_for_link(part)
        link = page.page.url.partition("#tfexplain")[2]
    with open_tab(compared_server, link) as page:
        expect(page.frame.get_by_label("Maps to compare")).to_have_value(
            "IntegratedGradients/image"
        )
        expect(page.frame.get_by_label("Measure of similarity")).to_have_value("top10_iou")
        assert listed(page, STAYED) == expected[:20]
        expect(items(page, STAYED).nth(1)).to_have_attribute("aria-pressed", "true")
        expect(page.map("IntegratedGradients", "image", sample, run).cell).to_be_visible()


def test_maps_that_were_hidden_are_shown_with_their_sample(
    open_tab: OpenPage, compared_server: Server
) -> None:
    with open_tab(compared_server, f"{DRIFT}&p.tfexplain.groups=map/GradCAM/conv2") as page:
        cell = page.map("IntegratedGradients", "image", 12, "pruned").cell
        page.choose("Maps to compare", "IntegratedGradients/image")
        expect(cell).to_have_count(0)
        items(page, STAYED).filter(has_text=re.compile(r"\b12\b")).first.click()
        expect(cell.locator("canvas")).to_be_in_viewport(ratio=0.99)
        expect(page.map("GradCAM", "conv2", 12, "pruned").cell).to_have_count(1)


def test_a_mark_tells_its_sample_and_shows_it(
    open_tab: OpenPage, compared_server: Server, compared: Path
) -> None:
    with open_tab(compared_server, DRIFT) as page:
        values = column(drift_of(compared, "pruned", "GradCAM/conv2"), "spearman")
        sample = int(np.nanargmin(values))
        canvas = run_row(page, "pruned").locator("canvas")
        canvas.scroll_into_view_if_needed()
        box = canvas.bounding_box()
        assert box
        # The axis goes from -1 to 1; the first mark of a place is in the middle lane.
        x = 8 + (values[sample] + 1) / 2 * (box["width"] - 16)
        label = CLASSES[sample % len(CLASSES)]
        readout = page.frame.locator("tfx-readout")
        hover(page, readout, box["x"] + x, box["y"] + box["height"] / 2)
        expect(readout).to_have_text(
            re.compile(f"sample {sample} · label {label} · predicted {label} · Spearman −0.39")
        )
        expect(readout).to_contain_text("outside the control band")
        canvas.click(position={"x": x, "y": box["height"] / 2})
        expect(page.frame.locator("tfx-samples li.chosen .label .number")).to_have_text(str(sample))


def hover(page: ExplainPage, readout: Locator, x: float, y: float) -> None:
    """Point at a place until the page says something: a busy browser may lose a move."""
    page.until(readout.is_visible, lambda again: page.page.mouse.move(x + again % 2, y))


def test_scrubbing_changes_the_numbers(
    open_tab: OpenPage, drifting_server: Server, drifting: Path, artifacts: Path
) -> None:
    place = "GradCAM/prune_low_magnitude_conv2"
    with open_tab(drifting_server, DRIFT) as page:
        page.seek(0)
        panel = page.frame.locator("tfx-drift-panel")
        expect(panel.locator(".empty")).to_contain_text("Drift starts at epoch 2, the reference.")
        page.frame.get_by_role("button", name="Go to epoch 2").click()
        page.settle()
        assert page.epoch == REFERENCE
        seen = set()
        for epoch in (REFERENCE, 5, 7, EPOCHS - 1):
            page.seek(epoch)
            for run in ("dense", "pruned"):
                record = drift_of(drifting, run, place, epoch)
                values, agrees = column(record, "spearman"), np.asarray(record.agrees)
                row = run_row(page, run)
                expect(row.locator(".agreeing")).to_have_text(str(agrees.sum()))
                shown = number(row.locator(".agreeing-mean").inner_text())
                assert shown == pytest.approx(np.nanmean(values[agrees]), abs=0.005001)
                seen.add((run, shown))
        page.page.screenshot(path=artifacts / "drift-training-light.png")
        assert len(seen) >= 6


def test_the_timeline_has_similarity_beside_accuracy_and_sparsity(
    open_tab: OpenPage, drifting_server: Server, drifting: Path
) -> None:
    with open_tab(drifting_server, DRIFT) as page:
        titles = page.frame.locator("tfx-timeline .title")
        expect(titles.last).to_have_text("similarity to epoch 2, Spearman of GradCAM")
        assert {"accuracy", "loss", "sparsity, total"} <= set(titles.all_inner_texts())
        page.choose("Maps to compare", "IntegratedGradients/image")
        page.choose("Measure of similarity", "pearson")
        expect(titles.last).to_have_text("similarity to epoch 2, Pearson of IntegratedGradients")
        row = page.frame.locator("tfx-timeline tbody tr", has_text="similarity")
        for epoch in (4, 9):
            page.seek(epoch)
            shown = [number(text) for text in row.locator("td").all_inner_texts()]
            for run, mean in zip(("dense", "pruned"), shown, strict=True):
                record = drift_of(drifting, run, "IntegratedGradients/image", epoch)
                values = column(record, "pearson")[np.asarray(record.agrees)]
                assert mean == pytest.approx(np.nanmean(values), abs=0.005001)


def test_a_comparison_has_values_in_place_of_a_timeline(
    open_tab: OpenPage, compared_server: Server
) -> None:
    with open_tab(compared_server) as page:
        timeline = page.frame.locator("tfx-timeline")
        expect(timeline.locator(".tracks")).to_be_hidden()
        # A row for each run, so that the table is low.
        expect(timeline.locator("thead th")).to_have_text(["run", "similarity"])
        rows = timeline.locator("tbody th")
        expect(rows).to_have_text(["dense", "int8", "pruned"])
        for run in range(3):
            expect(rows.nth(run)).to_be_in_viewport(ratio=1)


@pytest.fixture
def trained_beside(tmp_path: Path) -> Iterator[Server]:
    """The comparison, in a log with epochs."""
    write_comparison_log(tmp_path)
    log = LogWriter(tmp_path / "dense" / "explain")
    for step in range(4):
        metrics = schema.Metrics({"loss": 1.0 / (step + 1)})
        log.record(schema.Tag("metrics"), step, metrics, schema.Content("metrics"))
    log.close()
    with serve(tmp_path, "--host", "127.0.0.1") as server:
        server.wait_for(lambda runs: len(runs) == 4 and all(map(_is_whole, runs.values())))
        yield server


def test_the_timeline_shades_the_band(
    open_tab: OpenPage, trained_beside: Server, drifting_server: Server
) -> None:
    shares = []
    for server in (trained_beside, drifting_server):
        with open_tab(server, DRIFT) as page:
            title = page.frame.locator("tfx-timeline .title.drift").inner_text()
            assert title.endswith("shaded: control seed 2") == (server is trained_beside)
            # Only what is shaded is opaque all down a column beside the curves.
            share = page.frame.locator("tfx-timeline .uplot canvas").last.evaluate(
                """canvas => {
                    const {width, height} = canvas;
                    const {data} = canvas.getContext("2d").getImageData(width - 24, 0, 1, height);
                    return data.filter((value, i) => i % 4 === 3 && value === 255).length / height;
                }"""
            )
            shares.append(share)
    assert shares[0] > 0.3
    assert shares[1] < 0.1


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("width", [1440, 1100])
def test_axe_finds_nothing_serious_in_the_focus(
    open_tab: OpenPage, compared_server: Server, artifacts: Path, dark: bool, width: int
) -> None:
    with open_tab(compared_server, DRIFT) as page:
        page.page.set_viewport_size({"width": width, "height": 1000})
        if dark:
            page.page.evaluate("document.body.classList.add('dark-mode')")
        items(page, STAYED).first.click()
        page.settle()
        assert page.frame.evaluate("document.documentElement.scrollWidth <= innerWidth")
        theme = "dark" if dark else "light"
        page.page.screenshot(path=artifacts / f"drift-{width}-{theme}.png")
        assert_nothing_serious(page)


def test_a_place_where_nothing_can_be_compared(open_tab: OpenPage, tmp_path: Path) -> None:
    write_drifting_log(tmp_path, epochs=2, reference=0)
    _spoil(tmp_path / "pruned")
    ready: Callable[[dict[str, object]], bool] = lambda runs: len(runs) == 4  # noqa: E731
    with serve(tmp_path, "--host", "127.0.0.1") as server:
        server.wait_for(ready)
        with open_tab(server, f"{DRIFT}&p.tfexplain.drift=NaN/image") as page:
            expect(run_row(page, "pruned").locator(".strip")).to_contain_text(
                "No sample has a Spearman here."
            )
            empty = page.frame.locator("tfx-drift-list").first
            expect(empty).to_contain_text("No sample whose maps can be compared.")
            expect(page.frame.locator("tfx-drift-panel canvas")).to_have_count(0)


def _spoil(run: Path) -> None:
    """Log one more explainer, of which no two maps can be compared."""
    log = LogWriter(run / "explain")
    record = schema.Drift(np.full((8, 1), np.nan), np.ones(8, bool), ["spearman"], "epoch 0")
    log.record(schema.Tag("drift", "NaN", "image"), 0, record, schema.Content("drift"))
    log.close()


def test_models_without_maps_have_their_fidelity(open_tab: OpenPage, tmp_path: Path) -> None:
    log = LogWriter(tmp_path / "lite" / "explain")
    counts = np.array([50, 50])
    record = schema.Fidelity({"samples": 100, "agreement": 0.97}, [3, 0], counts, "dense")
    log.record(schema.Tag("fidelity"), 0, record, schema.Content("fidelity"))
    log.close()
    with serve(tmp_path, "--host", "127.0.0.1") as server:
        server.wait_for(lambda runs: len(runs) == 1)
        with open_tab(server, DRIFT) as page:
            row = run_row(page, "lite")
            expect(row).to_contain_text("no maps to compare")
            expect(row.locator(".fidelity")).to_have_text("same prediction 97.0%, on 100 samples")
            expect(page.frame.locator("tfx-drift-panel .lists")).to_have_text("No maps to compare.")
            page.frame.get_by_text("Changed predictions by class").click()
            cells = page.frame.locator("tfx-drift-panel details td").all_inner_texts()
            assert cells == ["3 of 50", "0 of 50"]
