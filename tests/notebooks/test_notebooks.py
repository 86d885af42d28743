"""The tutorials, run as a reader runs them, and checked for what their texts say."""

from __future__ import annotations

import math
import re
import sys
from pathlib import Path

import nbformat
import numpy as np
import pytest
from nbclient import NotebookClient
from support.notebooks import FOLDER, execute, read

import tfexplain

pytestmark = [
    pytest.mark.process,
    pytest.mark.skipif(not FOLDER.is_dir(), reason="needs the source checkout"),
]
NAMES = sorted(file.stem for file in FOLDER.glob("*.ipynb"))
ROOT = FOLDER.parent


@pytest.mark.parametrize("name", NAMES)
def test_it_has_no_outputs_and_the_parts_that_all_have(name: str) -> None:
    notebook = read(name)
    codes = [cell for cell in notebook.cells if cell.cell_type == "code"]
    texts = [cell.source for cell in notebook.cells if cell.cell_type == "markdown"]
    assert [cell for cell in codes if cell.outputs or cell.execution_count is not None] == []
    assert set(notebook.metadata) == {"kernelspec", "language_info"}
    assert len(notebook.cells) < 60
    assert texts[0].startswith("# ")
    assert any("## When not to believe it\n" in text for text in texts)
    assert codes[0].source == read("images").cells[1].source
    assert codes[-1].source == f"%load_ext tensorboard\n%tensorboard --logdir logs/{name}"
    assert codes[-1].metadata.tags == ["skip-execution"]
    assert codes[-2].source.endswith(".show()")
    links = [link for text in texts for link in re.findall(r"\]\(([^)#\s]+)", text)]
    own = [link for link in links if "://" not in link]
    assert [link for link in own if not (FOLDER / link).exists()] == []


def test_each_is_a_page_of_the_site() -> None:
    nav, listed = ((ROOT / page).read_text("utf-8") for page in ("mkdocs.yml", "docs/tutorials.md"))
    assert [name for name in NAMES if f"tutorial_{name}.md" not in nav] == []
    assert [name for name in NAMES if f"../notebooks/{name}.ipynb" not in listed] == []


# As if tfexplain were not there, and with a pip that only says what it was told.
ELSEWHERE = """
import importlib.util

find = importlib.util.find_spec
importlib.util.find_spec = lambda name, *rest: None if name == "tfexplain" else find(name, *rest)
get_ipython().register_magic_function(lambda line: print("pip", line), "line", "pip")
"""


def test_the_first_cell_installs_a_wheel_and_nothing_else(tmp_path: Path) -> None:
    install = read("images").cells[1].source
    assert 'SOURCE = ""\n' in install
    assert "http" not in install
    wheel = "tensorboard_plugin_tfexplain-0.2.0-py3-none-any.whl"
    cells = [ELSEWHERE, install, f"open({wheel!r}, 'w').close()", install]
    cells.append(install.replace('SOURCE = ""', 'SOURCE = "of-an-index"'))
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    where = {"metadata": {"path": str(tmp_path)}}
    client = NotebookClient(notebook, kernel_name="python3", resources=where, allow_errors=True)
    client.execute()
    _, (missing,), _, (found,), (named,) = (cell.outputs for cell in notebook.cells)
    assert missing.evalue == "Upload the wheel of tfexplain, then run this cell again."
    assert found.text == f'pip install --quiet --no-deps "{wheel}"\n'
    assert named.text == 'pip install --quiet --no-deps "of-an-index"\n'


# What the TensorBoard of the last cell lists as its plugins; it is ended then.
PLUGINS = """[
    (urllib.request.urlopen(f"http://localhost:{one.port}/data/plugins_listing").read().decode(),
     os.kill(one.pid, signal.SIGTERM))[0]
    for one in manager.get_all()
]"""


@pytest.fixture
def tensorboard(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`%tensorboard` starts that of this Python."""
    monkeypatch.setenv("TENSORBOARD_BINARY", str(Path(sys.executable).with_name("tensorboard")))
    # Where TensorBoard notes what runs: else it would take one of somebody else.
    (tmp_path / "tmp").mkdir()
    monkeypatch.setenv("TMPDIR", str(tmp_path / "tmp"))


@pytest.mark.usefixtures("tensorboard")
def test_images_the_shortcut_is_found_and_is_one(tmp_path: Path) -> None:
    done = execute(
        "images",
        tmp_path,
        "[finding.as_json() for finding in found]",
        "{name: shares.tolist() for name, shares in followed.items()}",
        "check.to_dict()",
        "accuracy.iloc[-1].to_dict()",
        "left.iloc[-1].to_dict()",
        "redrawn['value'].groupby('explainer').last().to_dict()",
        "deletion.to_numpy().tolist()",
        PLUGINS,
        skip="",
    )
    found, followed, check, accuracy, left, redrawn, deletion, plugins = done.values.values()
    assert done.warned == []
    assert done.pictures == 5
    # What the text says, from the kernel's values.
    told = [(one["kind"], one["run"]) for one in found]
    assert told == [("place", "shortcut"), ("gathers", "shortcut")]
    assert found[0]["value"] > 0.4 > 4 * found[0]["chance"]
    assert done.printed.count("tfexplain: alarm: ") == 1
    assert f"predictions follow the left edge in {found[0]['value']:.0%}" in done.printed
    left_edge, middle = ({n: s[3][x] for n, s in followed.items()} for x in (0, 4))
    assert left_edge["shortcut"] > 1.5 * middle["shortcut"]
    assert middle["plain"] > 1.5 * left_edge["plain"]
    assert accuracy["shortcut"] > accuracy["plain"] > 0.9
    lost = {name: row["mark agrees"] - row["mark is wrong"] for name, row in check.items()}
    assert lost["plain"] < 0.03
    assert lost["shortcut"] > 0.1
    assert left["plain"] < 1 / 8 < left["shortcut"]
    assert redrawn.keys() == {"GradCAM", "IntegratedGradients"}
    assert max(redrawn.values()) < 0.6
    assert len(deletion) == 4
    assert all(value < chance for value, chance in deletion)
    # And from the log that it left.
    log = tfexplain.read(tmp_path / "logs/images")
    assert log["shortcut"].metrics["val_accuracy"][-1] == pytest.approx(accuracy["shortcut"])
    assert "run=plain" in done.cells[-2].outputs[0].data["text/html"]
    assert "tensorboard-frame" in done.cells[-1].outputs[-1].data["text/html"]
    assert ['"tfexplain"' in listed for listed in plugins] == [True]


def test_pruning_and_quantization_pruning_moves_maps_and_int8_does_not(tmp_path: Path) -> None:
    done = execute(
        "pruning_and_quantization",
        tmp_path,
        "both.to_dict('list')",
        "table['pruned'].to_dict('list')",
        "last[['sparsity', 'size_dense', 'size_bitmask']].to_dict('list')",
        "sizes",
        "compared.to_dict('index')",
        "quantized.to_dict('index')",
        "[float((np.asarray(layer.kernel) == 0).mean()) for layer in models['pruned'].layers"
        " if hasattr(layer, 'kernel')]",
        "at_once.to_dict('index')",
        "[(paid['rows'] * paid['value']).sum() / 360, 1 - dense.evaluate(*val, verbose=0)[1]]",
    )
    both, course, kernels, sizes, compared, quantized, zeros, at_once, paid = done.values.values()
    assert done.warned == []
    assert done.pictures == 3
    # 45 steps an epoch; masks are chosen at every tenth, until two thirds of all.
    due = np.array([40, 80, 130, 170, 180, 180])
    assert course["sparsity"] == pytest.approx(0.8 * (1 - (1 - due / 180) ** 3), abs=0.01)
    assert kernels["sparsity"] == pytest.approx(zeros)
    assert min(both["pruned"]) < min(both["control"]) - 0.05
    assert both["pruned"][3] < both["pruned"][0]
    each, together = at_once["80% of each kernel"], at_once["80% of all"]
    assert each["accuracy"] < together["accuracy"] - 0.05
    assert together["conv1"] < together["hidden"]
    assert math.isnan(at_once["2 of 4"]["conv1"])
    assert at_once["half of the filters"]["conv2"] == 0.5
    assert math.isnan(at_once["half of the filters"]["digit"])
    assert 0.2 < each["kept by both"] < 0.95
    assert course["val_accuracy"][-1] > 0.85
    # A bit a weight, and four bytes for each that is not zero.
    for share, dense, packed in zip(*kernels.values(), strict=True):
        assert packed == pytest.approx(dense * (1 / 32 + 1 - share), abs=1)
    assert sizes["pruned"]["bytes"] == sizes["dense"]["bytes"]
    assert sizes["pruned"]["gzipped"] < sizes["dense"]["gzipped"] / 2
    assert sizes["int8"]["bytes"] < sizes["dense"]["bytes"] / 3
    assert compared["pruned"]["IntegratedGradients"] == pytest.approx(both["pruned"][-1], abs=1e-3)
    difference = compared["int8"]["IntegratedGradients"] - compared["pruned"]["IntegratedGradients"]
    assert abs(difference) < 0.02
    assert compared["int8"]["sparsity"] == pytest.approx(0.8, abs=0.01)
    # What classes lose is what all rows lose.
    assert paid[0] == pytest.approx(compared["pruned"]["accuracy"] - 1 + paid[1], abs=1e-5)
    assert [row["mode"] for row in quantized.values()] == ["float", "float", "int8", "int8"]
    assert quantized["hidden"]["SQNR"] > 30
    assert quantized["conv2"]["SQNR of outputs"] == math.inf  # stays float
    assert 20 < quantized["digit"]["SQNR of outputs"] < math.inf


def test_text_words_of_each_source_speak_for_it(tmp_path: Path) -> None:
    done = execute(
        "text",
        tmp_path,
        "said['mean'].to_dict()",
        "removed",
        "[maps.tolist(), val_x[run.samples['row']].tolist()]",
        "[found.values.sum(1).tolist(), scores.tolist(), found.completeness_gap.tolist()]",
        "run.metrics['val_accuracy'][-1]",
        "{word: len(its) for word, its in behind.items()}",
    )
    said, removed, (maps, ids), (sums, scores, gaps), accuracy, behind = done.values.values()
    assert done.warned == []
    assert accuracy > 0.65
    assert said["array"] > 1
    assert min(said.values()) < -0.4
    assert removed["the strongest word"] < removed["any word"] < removed["nothing taken"]
    assert len(behind) == 10
    assert min(behind.values()) >= 1
    padding = np.array(ids) == 0
    assert padding.any()
    assert not np.array(maps)[padding].any()
    # The values are what the score of the sentence is made of, counted from that of the baseline.
    start = np.array(scores) - sums + gaps
    np.testing.assert_allclose(start, start[0], atol=1e-3)
    shown = [cell.outputs[0].data["text/html"] for cell in done.cells if "coloured" in cell.source]
    assert shown[0].count("<p>") == len(maps)


def test_table_noise_counts_least_and_a_twin_hides_a_column(tmp_path: Path) -> None:
    done = execute(
        "table",
        tmp_path,
        "importance.to_dict()",
        "noise_rank",
        "accuracy",
        "twins",
        "agreement",
        "[gradients.tolist(), shap.tolist()]",
        "[finding.as_json() for finding in sick]",
        "norms.to_dict('list')",
        "[general.names, general.values.tolist(), general.permuted.values.tolist()]",
        "[len(found), share.to_dict()]",
    )
    importance, noise, accuracy, twins, agreement, maps, sick, norms, *others = done.values.values()
    general, (wines, share) = others
    gradients, shap = maps
    assert done.warned == []
    assert done.pictures == 4
    of_columns, permuted = (dict(zip(general[0], values, strict=True)) for values in general[1:])
    assert wines == 178
    for noise_column in ("noise_1", "noise_2"):
        assert noise_column not in list(share)[:8]  # the largest first
        assert of_columns[noise_column] < max(of_columns.values()) / 5
        assert permuted[noise_column] < 0.02 < max(permuted.values())
    assert "least important of 15 hidden" in done.printed
    (tree, linear) = re.findall(r"can say of this network: (\d+)%", done.printed)
    assert int(linear) > int(tree) > 80
    assert [(one["kind"], one["run"]) for one in sick] == [("vanishing", "sigmoid")]
    assert norms["sigmoid"][0] < 1e-4 * norms["sigmoid"][-1]
    assert norms["relu"][0] > 1e-2 * norms["relu"][-1]
    assert len(importance) == 15
    assert min(noise) >= 10
    assert max(importance["noise_1"], importance["noise_2"]) < max(importance.values()) / 5
    everything, least, most = accuracy.values()
    assert everything > 0.9
    assert least > everything - 0.05
    assert most < everything - 0.2
    alone, one, other, both = twins.values()
    assert one < 0.8 * alone
    assert other < 0.8 * alone
    assert both > 0.9 * alone
    assert min(agreement) > 0.8
    for ours, theirs, found in zip(gradients, shap, agreement, strict=True):
        assert np.corrcoef(ours, theirs)[0, 1] == pytest.approx(found)


def test_own_explainer_both_are_what_they_say(tmp_path: Path) -> None:
    done = execute(
        "own_explainer",
        tmp_path,
        "[maps.values.tolist(), few.tolist(), their_labels.tolist()]",
        "linear.get_weights()[0].tolist()",
        "errors",
        "[by_tape.max(), by_tape.shape]",
        "changed",
        "[one.explainer for one in run.maps]",
    )
    maps, weights, errors, (largest, shape), changed, logged = done.values.values()
    assert done.warned == []
    assert done.pictures == 2
    values, images, labels = (np.array(part) for part in maps)
    own = np.array(weights)[:, labels].T * images.reshape(len(images), -1)
    np.testing.assert_allclose(values.reshape(own.shape), own, atol=1e-6)
    assert np.abs(own).max() > 0.1
    assert tuple(shape) == (8, 8, 8)
    assert errors["called"] < 1e-5 * largest
    assert errors["read from the log"] < 1e-3 * largest
    assert sorted(logged) == ["BlackPixel", "GradientNorm", "IntegratedGradients"]
    assert sorted(changed) == sorted(logged)
    for name in ("BlackPixel", "IntegratedGradients"):
        assert changed[name]["magnitudes"] > changed[name]["magnitudes, lit pixels"]
    assert all(abs(row["signed"]) < 0.5 for row in changed.values())


def test_transformer_rollout_knows_no_class_and_maps_more_than_chance(tmp_path: Path) -> None:
    done = execute(
        "transformer",
        tmp_path,
        "difference",
        "left.to_dict('index')",
        "logit(pictures)",
        "run['Attention', 'attend2'].maps()[:, :, 0].sum(-1).tolist()",
        "[of_class[target]['GradientAttention'].values.shape for target in (first, second)]",
        "run.metrics['val_accuracy'][-1]",
    )
    difference, left, whole, sums, shapes, accuracy = done.values.values()
    assert done.warned == []
    assert done.pictures == 2
    assert accuracy > 0.75
    assert np.shape(sums) == (8, 4)
    np.testing.assert_allclose(sums, 1, atol=0.01)  # in half precision
    assert shapes == [[1, 4, 4]] * 2
    assert difference["AttentionRollout"] == 0
    assert difference["GradientAttention"] > 0.1
    replaced = {name: row["of other images"] for name, row in left.items()}
    chance = replaced.pop("any patches")
    assert len(replaced) == 3
    assert max(replaced.values()) < chance - 0.5 < chance < whole


def test_distillation_the_student_is_read_beside_two_controls(tmp_path: Path) -> None:
    done = execute(
        "distillation",
        tmp_path,
        "answers.to_dict('index')",
        "looked.reset_index().to_dict('list')",
        "[name for name in log]",
        "(pairs['student'].shape, pairs['teacher'].shape)",
    )
    answers, looked, runs, shapes = done.values.values()
    assert done.warned == []
    assert done.pictures == 1
    assert runs == ["alone", "alone/teacher", "distilled", "distilled/teacher"]
    assert shapes[0] == shapes[1]
    assert min(one["agreement"] for one in answers.values()) > 0.85
    assert looked["epoch"] == 2 * [0, 4, 9]
    # Alike to look at; but no more than with other samples, at the end.
    for last in (2, 5):
        difference = looked["spearman"][last] - looked["spearman_others"][last]
        assert looked["difference"][last] == pytest.approx(difference)
        assert looked["spearman"][last] > 0.15
        assert abs(difference) < looked["half"][last]


def test_sensitivity_a_plan_costs_less_than_another_seed(tmp_path: Path) -> None:
    done = execute(
        "sensitivity",
        tmp_path,
        "kl.to_dict()",
        "maps.to_dict()",
        "[found.band('kl'), found.band('spearman')]",
        "[list(key) for key in costs]",
        "frontier[['share', 'added', 'at once']].to_dict('list')",
        "paid.to_dict('index')",
        "shrunk.difference(val[0])",
        # The control and the joint effect, by hand: other rows, but the same weights.
        "[keras.losses.kl_divergence(*(m.predict(val[0], verbose=0) for m in (model, one)))"
        ".numpy().mean() for one in (other, shrunk.model)]",
        # The code of the point makes the same network as its file.
        "[applied := {'model': keras.models.clone_model(model)},"
        " applied['model'].set_weights(model.get_weights()),"
        " exec(plan.code(point).replace('print', 'str'), applied),"
        " [float(abs(a - b).max()) for a, b in"
        " zip(applied['model'].get_weights(), shrunk.model.get_weights(), strict=True)]][-1]",
    )
    kl, maps, band, costs, frontier, paid, difference, by_hand, same = done.values.values()
    assert done.warned == []
    assert done.pictures == 1
    # What the text says of layers.
    assert max(kl["2bit"], key=kl["2bit"].get) == "digit"
    for setting in ("80%", "filters-50%"):
        assert min(kl[setting]["conv1"], kl[setting]["conv2"]) > kl[setting]["conv3"]
    assert kl["filters-50%"]["conv3"] < band[0]
    assert max(*kl["8bit"].values(), *kl["4bit"].values()) < band[0] / 4
    assert ["digit", "2bit"] in costs
    assert ["conv3", "filters-50%"] not in costs
    assert min(v for row in maps.values() for v in row.values() if not math.isnan(v)) > band[1]
    assert frontier["share"] == sorted(frontier["share"], reverse=True)
    assert frontier["added"] != pytest.approx(frontier["at once"], abs=1e-3)
    # What it cost.
    plan, control = paid["by the plan"], paid["other seed"]
    assert 0 < plan["kl"] < control["kl"]
    assert plan["spearman"] > control["spearman"] + 0.2
    assert plan["accuracy_high"] > paid["as it is"]["accuracy_low"]
    assert plan["parameters"] < paid["as it is"]["parameters"] / 1.5
    assert abs(plan["accuracy of 360"] - plan["accuracy"]) < 0.03
    assert by_hand == pytest.approx([control["kl"], plan["kl"]], rel=0.35)
    assert difference < 1e-5
    assert same == [0] * len(same)
