"""Words, tables, lines, volumes and attention: what the page says is what the log holds."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import numpy as np
import pytest
from playwright.sync_api import Locator, expect
from support.kinds_log import EPOCHS, write_kinds
from support.read import Run, read_run
from support.server import Server, serve

from e2e.axe import assert_nothing_serious
from e2e.conftest import OpenPage
from e2e.page import ExplainPage, point
from e2e.test_maps import number

pytestmark = [pytest.mark.browser, pytest.mark.process]

ATTENTION = "matrix/Attention/attend"
INTEGRATED = "map/IntegratedGradients/input"
LAST = EPOCHS - 1


@pytest.fixture(scope="module")
def kinds_log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    log_dir = tmp_path_factory.mktemp("kinds")
    write_kinds(log_dir)
    return log_dir


@pytest.fixture(scope="module")
def server(kinds_log: Path) -> Iterator[Server]:
    with serve(kinds_log, "--host", "127.0.0.1") as server:
        server.wait_for(
            lambda runs: (
                len(runs) == 5
                and all(
                    max((g["last_step"] for g in run["groups"]), default=0) == LAST
                    for run in runs.values()
                )
            )
        )
        yield server


def place(*runs: str, group: str = "", sample: int = 0) -> str:
    """The part of a link that shows runs, and one map enlarged."""
    shown = ",".join(f"{run}/explain" for run in runs)
    link = f"&p.tfexplain.runs={quote(shown, safe='')}"
    if group:
        opened = quote(f"{runs[0]}/explain,{group},{sample}", safe="")
        link += f"&p.tfexplain.opened={opened}"
    return link


def steered(page: ExplainPage, keys: list[str], canvas: str = "canvas") -> str:
    """What the enlarged view says after these keys."""
    drawn = page.frame.locator(f"tfx-enlarged {canvas}").first
    for key in keys:
        drawn.press(key)
    page.settle()
    return page.text("tfx-enlarged .side .readout")


def table(page: ExplainPage) -> list[list[str]]:
    """The rows of the enlarged view's table."""
    page.frame.get_by_text("Values as a table").click()
    expect(page.frame.locator("tfx-enlarged tbody tr").first).to_be_visible()
    script = "rows => rows.map(row => [...row.cells].map(cell => cell.textContent.trim()))"
    found: list[list[str]] = page.frame.locator("tfx-enlarged tbody tr").evaluate_all(script)
    return found


def hover(page: ExplainPage, drawn: Locator, x: float, y: float) -> str:
    """What the page says of a place in a drawing, by shares of its sides."""
    drawn.scroll_into_view_if_needed()
    return point(page, drawn, x, y)


def words_of(run: Run, sample: int) -> list[str]:
    values = run.record("values/input")
    length = values.values.shape[1]
    return list(values.words[sample * length : (sample + 1) * length])


def close(value: float) -> object:
    """As good as three digits and float16 are."""
    return pytest.approx(value, rel=6e-3, abs=1e-6)


# ------------------------------------------------------------------------------------ words


def test_words_and_their_values(open_tab: OpenPage, server: Server, kinds_log: Path) -> None:
    run = read_run(kinds_log / "text1")
    words = words_of(run, 1)
    with open_tab(server, place("text1", "text2", group=INTEGRATED, sample=1)) as page:
        for epoch in (0, LAST):
            page.seek(epoch)
            values = run.record(f"{INTEGRATED}/1", epoch).values
            told = steered(page, ["ArrowRight"] if epoch == 0 else ["ArrowRight", "ArrowDown"])
            index = 0 if epoch == 0 else 2
            assert told.endswith(f"logit at “{words[index]}” (word {index})")
            assert number(told) == close(values[index])
        rows = table(page)
        known = [i for i, word in enumerate(words) if word]
        assert len(known) < len(words)
        assert [row[0] for row in rows] == [words[i] for i in known]
        assert [number(row[1]) for row in rows] == [close(values[i]) for i in known]


def test_words_of_two_runs(open_tab: OpenPage, server: Server, kinds_log: Path) -> None:
    runs = [read_run(kinds_log / name) for name in ("text1", "text2")]
    a, b = (run.record(f"{INTEGRATED}/0", LAST).values for run in runs)
    with open_tab(server, place("text1", "text2")) as page:
        cell = page.map("IntegratedGradients", "input", 0, "text2")
        assert number(cell.fact("scale")) == close(np.abs(b).max())
        told = hover(page, cell.cell.locator("canvas"), 0.03, 0.15)
        assert told.endswith(f"“{words_of(runs[0], 0)[0]}” (word 0)")
        assert number(told) == close(b[0])
        difference = page.frame.locator("tfx-difference-cell").first
        difference.scroll_into_view_if_needed()
        expect(difference.locator(".largest")).not_to_have_text("–")
        assert number(difference.locator(".largest").inner_text()) == close(np.abs(a - b).max())
        expect(page.frame.locator("tfx-picture .text").first).to_contain_text(
            " ".join(word for word in words_of(runs[0], 0) if word)[:20]
        )


def test_a_range_of_words_and_its_share(
    open_tab: OpenPage, server: Server, kinds_log: Path
) -> None:
    found = read_run(kinds_log / "text1").maps("IntegratedGradients", "input", LAST)
    sizes = np.abs(np.stack([record.values for record in found]).astype(np.float64))
    share = (sizes[:, 3:6].sum(1) / sizes.sum(1)).mean()
    with open_tab(server, place("text1") + "&p.tfexplain.view=overview") as page:
        expect(page.frame.get_by_role("button", name="Add a box")).to_have_count(0)
        page.frame.get_by_role("button", name="Add a range of words").click()
        fields = page.frame.get_by_role("group", name="Range 1")
        for label, text in (("from word", "3"), ("words", "3")):
            fields.get_by_label(label, exact=True).fill(text)
            fields.get_by_label(label, exact=True).press("Enter")
        told = page.frame.locator("tfx-timeline tr", has_text="in words 3 to 5")
        expect(told).to_contain_text(f"{share:.1%}")
        assert_nothing_serious(page)


def test_attention_from_word_to_word(open_tab: OpenPage, server: Server, kinds_log: Path) -> None:
    run = read_run(kinds_log / "text1")
    words, record = words_of(run, 1), run.record(f"{ATTENTION}/1", LAST)
    with open_tab(server, place("text1", group=ATTENTION, sample=1)) as page:
        page.frame.locator("tfx-attention-view .heads").press("ArrowRight")
        page.frame.locator("tfx-attention-view .heads").press("ArrowRight")
        matrix = page.frame.locator("tfx-attention-view .matrix")
        for key in ("ArrowRight", "ArrowDown", "ArrowDown", "ArrowRight"):
            matrix.press(key)
        page.settle()
        told = page.text("tfx-attention-view .readout")
        assert told.endswith(f"at from “{words[2]}” to “{words[1]}”, head 5")
        assert number(told) == close(record.values[2, 2, 1])
        assert page.text("tfx-attention-view .from") == f"What “{words[2]}” attends to, head 5"
        rows = table(page)
        assert rows[2][0] == f"“{words[2]}”"
        assert [number(text) for text in rows[2][1:]] == [close(v) for v in record.values[2, 2]]
        page.wait_for_link("p.tfexplain.head=2")


# --------------------------------------------------------------------------- tables, lines


def test_features_with_names_and_inputs(
    open_tab: OpenPage, server: Server, kinds_log: Path
) -> None:
    run = read_run(kinds_log / "table")
    inputs, tag = run.record("values/input"), f"{INTEGRATED}/1"
    mean = np.mean([np.abs(run.record(tag, epoch).values) for epoch in range(EPOCHS)], axis=0)
    values, order = run.record(tag, LAST).values, np.argsort(-mean, kind="stable")
    with open_tab(server, place("table", group=INTEGRATED, sample=1)) as page:
        rows = table(page)
        assert [row[0] for row in rows] == [inputs.names[i] for i in order]
        assert [number(row[1]) for row in rows] == [close(inputs.values[1, i]) for i in order]
        assert [number(row[2]) for row in rows] == [close(values[i]) for i in order]
        told = steered(page, ["ArrowDown", "ArrowDown"])
        assert number(told) == close(values[order[1]])
        assert f"at {inputs.names[order[1]]} = " in told
        strip = page.frame.locator("tfx-epochs-strip canvas")
        told = hover(page, strip, 0.2, 0.04)
        first = run.record(tag, 0).values[order[0]]
        assert told.endswith("epoch 0")
        assert number(told) == close(first)
        page.choose("Order of features", "given")
        page.settle()
        assert page.frame.locator("tfx-enlarged tbody th").first.inner_text() == inputs.names[0]


def test_a_click_on_the_strip_moves_the_playhead(open_tab: OpenPage, server: Server) -> None:
    with open_tab(server, place("table", group=INTEGRATED)) as page:
        strip = page.frame.locator("tfx-epochs-strip canvas")
        box = strip.bounding_box()
        assert box
        strip.click(position={"x": 160 + (box["width"] - 160) / 2, "y": 8})
        page.settle()
        assert page.epoch == 1


def test_a_line_with_its_curves(open_tab: OpenPage, server: Server, kinds_log: Path) -> None:
    run = read_run(kinds_log / "lines")
    inputs, values = run.record("values/input").values[0], run.record(f"{INTEGRATED}/0").values
    with open_tab(server, place("lines")) as page:
        cell = page.map("IntegratedGradients", "input", 0, "lines").cell
        told = hover(page, cell.locator("canvas"), 20.5 / 48, 0.5)
        assert "at position 20 (input lead I " in told
        assert number(told) == close(values[20])
        assert number(told.split("lead I ")[1].split(",")[0]) == close(inputs[20, 0])
        deep = page.map("GradCAM", "deep", 0, "lines").cell
        width = run.record("map/GradCAM/deep/0").values.shape[0]
        told = hover(page, deep.locator("canvas"), 3.5 / width, 0.5)
        assert told.endswith("at position 3")
        page.frame.get_by_role("tab", name="Overview").click()
        button = page.frame.locator("tfx-box-fields button")
        expect(button).to_have_text("Add a range of positions")
        page.frame.get_by_role("tab", name="Samples").click()
        before = cell.locator("canvas").evaluate("c => c.toDataURL()")
        page.choose("Channel of the input", "1")
        page.wait_for_link("p.tfexplain.curve=1")
        assert cell.locator("canvas").evaluate("c => c.toDataURL()") != before


# ----------------------------------------------------------------------------------- volumes


def test_slices_of_a_volume(open_tab: OpenPage, server: Server, kinds_log: Path) -> None:
    run = read_run(kinds_log / "volumes")
    values = run.record(f"{INTEGRATED}/0").values
    cam = run.record("map/GradCAM/conv/0").values
    with open_tab(server, place("volumes")) as page:
        cell = page.map("IntegratedGradients", "input", 0, "volumes").cell.locator("canvas")
        picture = page.frame.locator("tfx-grid tfx-picture canvas").first
        seen = set()
        for slice_ in (4, 1):
            page.frame.get_by_label("Slice", exact=True).fill(str(slice_))
            page.settle()
            seen.add(picture.evaluate("c => c.toDataURL()"))
            # 10 x 12 values in the middle of a square.
            told = hover(page, cell, 6.5 / 12, 1 / 12 + 4.5 / 12)
            assert told.endswith(f"at slice {slice_}, row 4, column 6")
            assert number(told) == close(values[slice_, 4, 6])
        assert len(seen) == 2
        # The same part of a volume of four slices.
        coarse = page.map("GradCAM", "conv", 0, "volumes").cell.locator("canvas")
        told = hover(page, coarse, 5.5 / 10, 1 / 12 + 4.5 / 8 * 10 / 12)
        assert told.endswith("at slice 1, row 4, column 5")
        assert number(told) == close(cam[1, 4, 5])
        page.wait_for_link("p.tfexplain.slice=1")


# ------------------------------------------------------------------------------------- looks

LOOKS = {
    "words": (place("text1", "text2"), "tfx-map-cell button.map"),
    "attention": (place("text1"), "tfx-attention-cell button"),
    "features": (place("table"), "tfx-map-cell button.map"),
    "line": (place("lines"), "tfx-map-cell button.map >> nth=1"),
    "volume": (place("volumes"), "tfx-map-cell button.map >> nth=1"),
}


@pytest.mark.parametrize("kind", LOOKS)
def test_axe_finds_nothing_serious_in_any_kind(
    open_tab: OpenPage, server: Server, artifacts: Path, kind: str
) -> None:
    link, button = LOOKS[kind]
    with open_tab(server, link) as page:
        for size in ("grid", "large"):
            if size == "large":
                page.frame.locator(button).first.click()
            for dark in (False, True):
                theme = "dark" if dark else "light"
                page.page.evaluate(
                    f"document.body.classList.toggle('dark-mode', {str(dark).lower()})"
                )
                page.settle()
                page.page.screenshot(path=artifacts / f"kind-{kind}-{size}-{theme}.png")
                if dark == (size == "grid"):  # each part once, each theme once
                    assert_nothing_serious(page)
