"""`tfexplain report`: one file whose data is what the server and `tfexplain.read` give."""

from __future__ import annotations

import base64
import gzip
import html
import json
import re
import struct
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import numpy as np
import pytest
from support.hostile import write_hostile_log
from support.importance_log import COLUMNS, importance, write_importance_log
from support.logs import write_demo_log
from support.models import digits, small_cnn
from support.overview_log import (
    CHANCE,
    EPOCHS,
    FOLLOWED,
    RUNS,
    exchange,
    write_overview_log,
    write_table_log,
)
from support.server import serve

import tfexplain
from tfexplain import Compression, Explain, Predictions, cli
from tfexplain.report import markup
from tfexplain.report.thinning import thinned
from tfexplain.wire import schema

Answers = dict[tuple[str, str, str], bytes]


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    log_dir = tmp_path_factory.mktemp("overview")
    write_overview_log(log_dir)
    return log_dir


def report(log: Path, out: Path, *options: str) -> str:
    assert cli.main(["report", str(log), "-o", str(out), *options]) == 0
    return out.read_text("utf-8")


def answers(page: str) -> Answers:
    """What is in a report, by what was asked."""
    found: Answers = {}
    for asked, packed in re.findall(r'data-answer="([^"]*)">([A-Za-z0-9+/=]*)</script>', page):
        query = dict(parse_qsl(html.unescape(asked), strict_parsing=True))
        key = (query["route"], query.get("run", ""), query.get("name", ""))
        found[key] = gzip.decompress(base64.b64decode(packed, validate=True))
    return found


def points(answer: bytes) -> list[dict[int, bytes]]:
    """The records of each series of an answer, by epoch."""
    (size,) = struct.unpack("<I", answer[:4])
    head, body = json.loads(answer[4 : 4 + size]), answer[4 + size :]
    return [
        {p["step"]: body[p["offset"] : p["offset"] + p["length"]] for p in series["points"]}
        for series in head["series"]
    ]


@pytest.mark.process
def test_its_answers_are_the_servers_to_the_byte(log: Path, tmp_path: Path) -> None:
    found = answers(report(log, tmp_path / "r.html"))
    with serve(log, "--host", "127.0.0.1", "--load_fast=false") as server:
        runs = server.wait_for(lambda runs: len(runs) == len(RUNS))
        listed = json.loads(found.pop(("runs", "", "")))
        assert listed.pop("held") == ""
        there = json.loads(server.plugin("runs").body)
        assert listed["runs"] == there["runs"]
        told = json.loads(server.plugin("findings").body)
        assert json.loads(found.pop(("findings", "", ""))) == told
        groups = {(run, group["group"]) for run in runs for group in runs[run]["groups"]}
        assert {(run, name) for route, run, name in found if route == "series"} == groups
        for (route, run, name), answer in found.items():
            query = {"name": name} if route == "inputs" else {"group": name}
            assert answer == server.plugin(route, run=run, **query).body, (route, run, name)


def test_its_numbers_are_those_that_reading_gives(log: Path, tmp_path: Path) -> None:
    found = answers(report(log, tmp_path / "r.html", "--runs", "shortcut"))
    assert {run for _, run, _ in found} == {"", "shortcut/explain"}
    logged = tfexplain.read(log)["shortcut"]["IntegratedGradients"]
    sent = points(found["series", "shortcut/explain", "map/IntegratedGradients/image"])
    for epoch in logged.epochs:
        values = [schema.Map.decode(series[epoch]).values for series in sent]
        np.testing.assert_array_equal(np.stack(values), logged.maps(epoch))


def test_epochs_are_thinned_to_the_size_and_numbers_are_not(tmp_path: Path, capsys: Any) -> None:
    write_demo_log(tmp_path / "logs" / "run", epochs=40, samples=16, side=24)
    whole = len(report(tmp_path / "logs", tmp_path / "whole.html"))
    most = whole / 1e6 * 0.7
    page = report(tmp_path / "logs", tmp_path / "r.html", "--max-mb", f"{most:.3f}")
    assert len(page.encode()) <= most * 1e6
    assert "maps of 40 of 40 epochs" in capsys.readouterr().out.splitlines()[0]
    found = answers(page)
    steps = {
        name: list(points(answer)[0])
        for (route, _, name), answer in found.items()
        if route == "series"
    }
    assert steps["metrics"] == list(range(40))
    held = steps["map/GradCAM/backbone/conv2"]
    assert 1 < len(held) < 40
    assert {0, 39} <= set(held)
    told = json.loads(found["runs", "", ""])["held"]
    assert f"{len(held)} of 40 epochs ({', '.join(map(str, held))})" in told


def test_a_size_that_not_even_one_epoch_fits_in_is_refused(
    log: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "r.html"
    assert cli.main(["report", str(log), "-o", str(out), "--max-mb", "0.4"]) == 2
    assert not list(tmp_path.iterdir())
    found = re.search("expected at least ([0-9.]+) for one epoch", capsys.readouterr().err)
    assert found
    assert len(report(log, out, "--max-mb", found[1]).encode()) <= float(found[1]) * 1e6


@pytest.mark.parametrize("options", [[], ["--summary"]])
def test_what_is_not_there_is_said(
    log: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], options: list[str]
) -> None:
    out = str(tmp_path / "r.html")
    assert cli.main(["report", str(tmp_path), "-o", out, *options]) == 2
    assert "expected a log of Explain or Compression; there is none" in capsys.readouterr().err
    assert cli.main(["report", str(log), "-o", out, "--runs", "other", *options]) == 2
    assert "runs='other': expected names out of 'plain', 'shortcut'" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_python_writes_what_the_command_does(log: Path, tmp_path: Path) -> None:
    read = tfexplain.read(log)
    for options, told in (([], {}), (["--summary"], {"summary": True})):
        asked = [*options, "--runs", "plain"]
        page = report(log, tmp_path / "command.html", *asked)
        out = read.save_report(tmp_path / "python.html", runs=["plain"], **told)
        assert out == tmp_path / "python.html"
        # Each says by what it was made, and when.
        ours = re.sub("save_report.*?<|2[0-9-]+ [0-9:]+ UTC", "", out.read_text("utf-8"))
        theirs = re.sub("tfexplain report .*?<|2[0-9-]+ [0-9:]+ UTC", "", page)
        assert ours == theirs
    with pytest.raises(tfexplain.TfexplainError, match="max_mb=-1: expected a number above 0"):
        read.save_report(tmp_path / "r.html", max_mb=-1)


def test_the_summary_tells_what_was_logged(log: Path, tmp_path: Path) -> None:
    page = report(log, tmp_path / "s.html", "--summary")
    assert "<script" not in page
    headings = re.findall("<h2>(.*?)</h2>", page)
    assert headings[0] == "What stands out"
    # No kernels were logged.
    assert not {"Model", "Compression"} & set(headings)
    (finding,) = tfexplain.findings(log)
    assert html.escape(str(finding)) in page
    record = exchange("shortcut", EPOCHS - 1)
    share, chance = f"{FOLLOWED['shortcut']:.0%}", f"{CHANCE:.0%}"
    assert f"{share} of {record.pairs} exchanges follow the window at row 2 to 5" in page
    assert f"chance up to {chance}" in page
    metrics = tfexplain.read(log)["plain"].metrics
    assert f'<td>val_accuracy</td><td class="number">{metrics["val_accuracy"][-1]:.4g}' in page


def cells(page: str) -> list[list[str]]:
    """The rows of all tables, as text."""
    rows = re.findall("<tr>(.*?)</tr>", page)
    found = [re.findall("<t[dh][^>]*>(.*?)</t[dh]>", row) for row in rows]
    return [[html.unescape(cell) for cell in row] for row in found]


def test_the_summary_ranks_features_and_says_what_could_be_dropped(tmp_path: Path) -> None:
    write_importance_log(tmp_path / "logs")
    page = report(tmp_path / "logs", tmp_path / "s.html", "--summary")
    record = importance("table", 5)
    rows = [row for row in cells(page) if row and row[0] in COLUMNS]
    assert [row[0] for row in rows[: len(COLUMNS)]] == COLUMNS
    low, high = f"{record.low[0]:.4g}", f"{record.high[0]:.4g}"
    assert rows[0][1] == f"{markup.number(record.values[0])} [{low}, {high}]"
    assert "table, epoch 5: mean |IntegratedGradients| of 5 columns over 48 rows, in logit" in page
    assert "accuracy 90%; 90% with the 0 least important of 5 hidden (90% in random" in page
    # Places are a map.
    assert page.count("<figure") == 2
    assert "the most at row 0, column 0" in page
    whole = answers(report(tmp_path / "logs", tmp_path / "r.html"))
    assert ("series", "wide/explain", "importance/text") in whole


def test_the_summary_of_a_real_training(tmp_path: Path) -> None:
    x, y = digits(200)
    model = small_cnn()
    names = [f"digit <{i}>" for i in range(10)]
    log_dir = tmp_path / "logs"
    explain = Explain((x[:40], y[:40]), log_dir=log_dir, class_names=names, verbose=False)
    compression = Compression((x[:40], y[:40]), log_dir=log_dir)
    predictions = Predictions((x, y), log_dir=log_dir, class_names=names, verbose=False)
    model.fit(x, y, epochs=2, verbose=0, callbacks=[explain, compression, predictions])
    rows = cells(report(log_dir, tmp_path / "s.html", "--summary"))
    (run,) = tfexplain.read(log_dir).values()
    for layer in model.layers:
        if layer.weights:
            kernel = layer.kernel.numpy()
            row = next(row for row in rows if row[:2] == [layer.name, type(layer).__name__])
            counts = (kernel.size, np.count_nonzero(kernel))
            assert row[2:] == [
                " × ".join(map(str, kernel.shape)),
                "float32",
                *(f"{n:,}" for n in counts),
            ]
    sparsity = 100 * run.totals["sparsity"][-1]
    assert next(row for row in rows if row[0] == "sparsity")[1] == f"{sparsity:.1f}%"
    predictions = run.predictions
    last = predictions["epoch"] == predictions["epoch"].max()
    told = [row for row in rows if len(row) == 4 and row[0].isdigit()]
    for row, label, predicted in zip(
        told, predictions["label"][last], predictions["predicted"][last], strict=True
    ):
        assert row[1:3] == [names[int(label)], names[int(predicted)]]
    evaluated = run.evaluated()
    confusion = [row[1:] for row in rows if len(row) == 11 and row[0] in names]
    np.testing.assert_allclose(np.array(confusion, float), evaluated.confusion())
    accuracy, low, high = (
        float(number) for number in re.findall(r"[\d.]+", dict(row[:2] for row in rows)["accuracy"])
    )
    assert accuracy == pytest.approx(evaluated.totals()["accuracy"], rel=1e-3)
    assert low < accuracy < high
    similarity = run.similarity
    chosen = (similarity["explainer"] == "GradCAM") & (similarity["epoch"] == 1)
    row = next(row for row in rows if row[0].startswith("GradCAM at") and row[2] == "1")
    assert float(row[3]) == pytest.approx(similarity["pearson"][chosen].mean(), rel=1e-3)
    trust = run.trust
    chosen = (trust["explainer"] == "GradCAM") & (trust["epoch"] == 1)
    (row,) = [one for one in rows if one[0].startswith("GradCAM at") and "start" in one[1]]
    assert row[2] == "1"
    means = [trust[name][chosen].mean() for name in ("value", "chance")]
    np.testing.assert_allclose(np.array(row[3:5], float), means, rtol=1e-2)
    assert row[5:] == ["rank correlation", "lower"]


def test_the_summary_of_a_table_tells_its_columns(tmp_path: Path) -> None:
    write_table_log(tmp_path / "logs")
    rows = cells(report(tmp_path / "logs", tmp_path / "s.html", "--summary"))
    at = next(i for i, row in enumerate(rows) if row[0] == "IntegratedGradients at row")
    assert rows[at + 1 : at + 4] == [["hospital", "2"], ["dose", "1"], ["age", "0.5"]]


@pytest.mark.parametrize("options", [[], ["--summary"]])
def test_names_of_a_hostile_log_stay_text(tmp_path: Path, options: list[str]) -> None:
    write_hostile_log(tmp_path / "logs")
    for file in list((tmp_path / "logs").rglob("*tfevents*")):
        (file.parent / "explain").mkdir(exist_ok=True)
        file.rename(file.parent / "explain" / f"{file.name}.tfexplain")
    evil = "</script><script>alert(1)</script><!--"
    write_demo_log(tmp_path / "logs" / "run", epochs=2, layers=(evil.replace("/", ""), "b"))
    (tmp_path / "logs" / "run").rename(tmp_path / "logs" / "<img src=x onerror=alert(1)>")
    page = report(tmp_path / "logs", tmp_path / "r.html", *options)
    inert = re.sub(r"<script>.*</script>", "", page, flags=re.DOTALL)
    assert "<img src=x" not in inert
    assert "<script>alert" not in inert
    assert "&lt;img src=x onerror=alert(1)&gt;" in inert


def test_nothing_in_the_script_ends_it(log: Path, tmp_path: Path) -> None:
    """Also `<!--` before `<script` would change where a script ends."""
    page = report(log, tmp_path / "r.html")
    (script,) = re.findall(r"<script>(.*)</script>", page, flags=re.DOTALL)
    assert "</script" not in script
    assert "<script" not in script


def test_thinning() -> None:
    steps = [0, 1, 2, 5, 8, 9, 20, 21]
    assert thinned(steps, 1) == [21]
    assert thinned(steps, 2) == [0, 21]
    assert thinned(steps, 3, preferred=[8, 9]) == [0, 8, 21]
    assert thinned(steps, 8) == thinned(steps, 80) == steps
    assert [len(thinned(range(100), n)) for n in range(1, 100)] == list(range(1, 100))
    gaps = np.diff(thinned(range(65), 9))
    assert gaps.tolist() == [8] * 8
