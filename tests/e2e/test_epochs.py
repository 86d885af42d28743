"""Whatever is of another epoch than the playhead's says so, whichever way the playhead came."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from support.drift_logs import UNEVEN, write_uneven_log
from support.read import Run, read_run
from support.server import Server, serve

from e2e.conftest import OpenPage
from e2e.page import ExplainPage

pytestmark = [pytest.mark.browser, pytest.mark.process]

LAST = 7
SCRUB = [*range(LAST + 1), *range(LAST - 1, -1, -1)]
LARGE = "&p.tfexplain.samples=0&p.tfexplain.opened="

# All that is told of a run, by where it stands.
_TEXTS = """() => {
    const all = (root, name) => [...root.querySelectorAll("*")].flatMap(e => [
        ...(e.matches(name) ? [e] : []),
        ...(e.shadowRoot ? all(e.shadowRoot, name) : [])]);
    const find = name => all(document, name);
    const text = (e, name) =>
        [...e.shadowRoot.querySelectorAll(name)].map(n => n.textContent.trim());
    const cells = name => find(name).map(e =>
        [e.run.name, text(e, ".flag")[0], text(e, ".score")[0]]);
    const { shown } = find("tfx-app")[0].dashboard.scene;
    const runs = shown.map(run => run.name);
    const byRun = texts => texts.map((text, i) => [runs[i % runs.length], text]);
    return {
        maps: cells("tfx-map-cell"),
        tiles: cells("tfx-tiles-cell"),
        differences: find("tfx-difference-cell").map(e => text(e, ".flag")[0]),
        predictions: find("tfx-prediction").map(e => [e.run.name, text(e, ".old")[0]]),
        values: byRun(find("tfx-timeline").flatMap(e => text(e, ".value .from"))),
        metrics: find("tfx-timeline").flatMap(e => text(e, "tbody th")),
        strips: byRun(find("tfx-layer-strip").flatMap(e => text(e, ".head .from"))),
        zeros: byRun(find("tfx-spread").flatMap(e => text(e, ".zeros .from"))),
        facts: byRun(find("tfx-kernel").flatMap(e => text(e, "thead .from"))),
        focus: find("tfx-drift-run").map(e => [e.run.name, text(e, ".from")[0] ?? ""]),
        moved: find("tfx-drift-list").flatMap(e => [...e.shadowRoot.querySelectorAll("li")]
            .map(li => [li.querySelector(".run").textContent,
                        (li.querySelector(".from")?.textContent ?? "").trim()])),
        rows: find("tfx-kernel-table").flatMap(e => [...e.shadowRoot.querySelectorAll("tbody tr")]
            .map(tr => [tr.querySelector(".who").title,
                        tr.querySelector(".from")?.textContent ?? ""])),
        flag: find("tfx-enlarged").flatMap(e => text(e, ".flag"))[0],
        epoch: find("tfx-enlarged").flatMap(e => text(e, "dl dd"))[0],
    };
}"""


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    log_dir = tmp_path_factory.mktemp("uneven")
    write_uneven_log(log_dir)
    return log_dir


@pytest.fixture(scope="module")
def server(log: Path) -> Iterator[Server]:
    with serve(log, "--host", "127.0.0.1") as found:
        found.wait_for(
            lambda runs: len(runs) == 4 and all(_last(run) >= 4 for run in runs.values())
        )
        yield found


def _last(run: dict[str, Any]) -> int:
    return max((group["last_step"] for group in run["groups"]), default=-1)


def own(run: str, kind: str, playhead: int) -> int:
    """The epoch that there is something of at the playhead."""
    return max(epoch for epoch in UNEVEN[run][kind] if epoch <= playhead)


def told(run: str, kind: str, playhead: int) -> str:
    epoch = own(run, kind, playhead)
    return "" if epoch == playhead else f"from epoch {epoch}"


def scrub(page: ExplainPage) -> Iterator[tuple[int, dict[str, Any]]]:
    """Forth and back through all epochs, with what the page tells at each.

    Only what is in sight is drawn, so that the window is high enough for all of it.
    """
    page.page.set_viewport_size({"width": 2400, "height": 2600})
    page.press("Home")
    for before, playhead in zip([0, *SCRUB], SCRUB, strict=False):
        if playhead != before:
            page.press("ArrowRight" if playhead > before else "ArrowLeft")
        assert page.epoch == playhead
        page.settle()
        yield playhead, page.frame.evaluate(_TEXTS)


def differences(playhead: int) -> str:
    a, b = (own(run, "maps", playhead) for run in ("long", "short"))
    if a != b:
        return f"epoch {a} minus epoch {b}"
    return "" if a == playhead else f"from epoch {a}"


def test_maps_and_numbers_say_their_epoch_both_ways(
    open_tab: OpenPage, server: Server, log: Path
) -> None:
    runs = {name: read_run(log / name) for name in UNEVEN}
    with open_tab(server) as page:
        seen = set()
        for playhead, texts in scrub(page):
            assert {run for run, *_ in texts["maps"]} == set(UNEVEN)
            for run, flag, score in texts["maps"]:
                assert_cell(runs[run], own(run, "maps", playhead), flag, score, playhead)
            for run, flag, _ in texts["tiles"]:
                assert flag == told(run, "maps", playhead)
            for flag in texts["differences"]:
                assert flag.split(" · ")[0] == differences(playhead), playhead
            for run, text in texts["predictions"]:
                assert text == told(run, "maps", playhead)
            for kind in ("strips", "zeros", "facts"):
                assert {run for run, _ in texts[kind]} == set(UNEVEN)
                for run, text in texts[kind]:
                    assert text == told(run, "kernels", playhead)
            metrics = [name for name in texts["metrics"] for _ in UNEVEN]
            for name, (run, text) in zip(metrics, texts["values"], strict=True):
                kind = {"similarity": "maps", "sparsity, total": "kernels"}.get(name, "metrics")
                assert text == told(run, kind, playhead), (name, run, playhead)
                seen.add(kind)
        assert seen == {"maps", "kernels", "metrics"}
        assert "until epoch 4" in page.text("tfx-timeline thead")


def assert_cell(run: Run, epoch: int, flag: str, score: str, playhead: int) -> None:
    """The number is of the epoch that the flag names."""
    expected = run.maps("GradCAM", "prune_low_magnitude_conv2", epoch)[0].score
    assert float(score.split()[0]) == pytest.approx(expected, rel=1e-2)
    assert ("from epoch" in flag) == (epoch != playhead), (flag, playhead)
    if epoch != playhead:
        assert flag.startswith(f"from epoch {epoch}"), (flag, playhead)


def table_tells(page: ExplainPage, playhead: int) -> bool:
    """Whether the table of kernels, and each row of it, says of which epoch it is."""
    rows = page.frame.evaluate(_TEXTS)["rows"]
    when = page.text("tfx-kernel-table .when")
    of_runs = [told(run, "kernels", playhead) for run in UNEVEN]
    return (
        len(rows) == 8
        and all(text == told(run, "kernels", playhead) for run, text in rows)
        and all(
            f"{run} {text}" in when if text else f"{run} from" not in when
            for run, text in zip(UNEVEN, of_runs, strict=True)
        )
    )


def test_tables_say_their_epoch_both_ways(open_tab: OpenPage, server: Server) -> None:
    with open_tab(server, "&p.tfexplain.panel=table") as page:
        for playhead, _ in scrub(page):
            # Rows are told anew at a pace that eyes can follow.
            assert page.until(lambda at=playhead: table_tells(page, at)), playhead


def test_the_focus_says_its_epoch_both_ways(open_tab: OpenPage, server: Server) -> None:
    with open_tab(server, "&p.tfexplain.panel=focus") as page:
        for playhead, texts in scrub(page):
            assert len(texts["focus"]) == 2
            for run, text in texts["focus"]:
                assert text.lstrip(", ") == told(run, "maps", playhead), playhead
            assert texts["moved"]
            for run, text in texts["moved"]:
                assert text.lstrip("· ") == told(run, "maps", playhead), playhead


@pytest.mark.parametrize(
    "group",
    ["map/GradCAM/prune_low_magnitude_conv2", "channels/FeatureMaps/prune_low_magnitude_conv2"],
)
def test_the_enlarged_map_says_its_epoch_both_ways(
    open_tab: OpenPage, server: Server, group: str
) -> None:
    with open_tab(server, f"{LARGE}long/explain,{group},0".replace("/", "%2F")) as page:
        for playhead, texts in scrub(page):
            assert texts["flag"] == told("long", "maps", playhead)
            assert int(texts["epoch"]) == own("long", "maps", playhead)
