"""Logs of real trainings, read back as arrays and tables."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pandas as pd
import pytest
from support import kinds_log
from support.models import digits, small_cnn
from support.read import read_run

import tfexplain
from tfexplain import Compression, Explain, FeatureMaps, GradCAM, IntegratedGradients
from tfexplain.reading import Log
from tfexplain.runlog.writer import RunWriter
from tfexplain.wire import schema

EPOCHS = 4
GRADCAM = ("GradCAM", "conv")


class Prune(keras.callbacks.Callback):  # type: ignore[misc]
    """Sets the first filter of the convolution to zero."""

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        kernel = self.model.get_layer("conv").kernel
        kernel.assign(kernel * (np.arange(6) > 0))


@dataclass(frozen=True)
class Trained:
    """A training that was logged, with what it was."""

    log_dir: Path
    model: Any
    history: dict[str, list[float]]
    x: Any
    y: Any


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Trained:
    log_dir = tmp_path_factory.mktemp("read") / "run"
    x, y = digits()
    model = small_cnn()
    explainers = [FeatureMaps(), GradCAM(), IntegratedGradients(steps=4)]
    explain = Explain((x, y), explainers=explainers, log_dir=log_dir, samples=5, verbose=False)
    compression = Compression(log_dir=log_dir, verbose=False)
    done = model.fit(
        x, y, epochs=EPOCHS, verbose=0, callbacks=[explain, compression, Prune()], shuffle=False
    )
    return Trained(log_dir, model, done.history, x, y)


@pytest.fixture
def log(trained: Trained) -> Log:
    return tfexplain.read(trained.log_dir.parent)


def test_maps_are_those_that_tensorboard_reads(log: Log, trained: Trained) -> None:
    as_tensorboard = read_run(trained.log_dir)
    run = log["run"]
    for epoch in range(EPOCHS):
        for key in (GRADCAM, ("IntegratedGradients", "input"), ("FeatureMaps", "conv")):
            expected = [record.values for record in as_tensorboard.maps(*key, epoch)]
            assert np.array_equal(run[key].maps(epoch), expected)
    assert run["GradCAM"].samples == [0, 1, 2, 3, 4]
    assert run["GradCAM"].epochs == list(range(EPOCHS))
    assert run["GradCAM"].content.unit == "logit"


def test_the_last_maps_are_those_of_the_trained_model(log: Log, trained: Trained) -> None:
    run = log["run"]
    rows, labels = run.samples["row"], run.samples["label"].astype(int)
    assert np.array_equal(trained.y[rows], labels)
    explainers = [GradCAM(), IntegratedGradients(steps=4)]
    found = tfexplain.explain(trained.model, trained.x[rows], labels, explainers=explainers)
    for name, now in found.items():
        largest = np.abs(now.maps).max()
        np.testing.assert_allclose(run[name].maps(), now.maps, atol=1e-3 * largest)
    pixels = run.inputs["input"]
    assert pixels.shape == (5, 8, 8, 1)
    np.testing.assert_allclose(pixels / 255, trained.x[rows] / trained.x.max(), atol=0.51 / 255)


def test_numbers_of_the_training_are_those_of_fit(log: Log, trained: Trained) -> None:
    frame = pd.DataFrame(log["run"].metrics).set_index("epoch")
    assert frame.index.tolist() == list(range(EPOCHS))
    for name, values in trained.history.items():
        np.testing.assert_allclose(frame[name], values, rtol=1e-6)


def test_predictions_are_those_of_the_model(log: Log, trained: Trained) -> None:
    run = log["run"]
    frame = pd.DataFrame(run.predictions)
    assert len(frame) == EPOCHS * 5
    last = frame[frame.epoch == EPOCHS - 1]
    outputs = trained.model.predict(trained.x[run.samples["row"]], verbose=0)
    assert last.predicted.tolist() == outputs.argmax(axis=1).tolist()
    np.testing.assert_allclose(last.probability, outputs.max(axis=1), rtol=1e-5)
    assert last.label.tolist() == run.samples["label"].tolist()
    assert set(last.weights) == {EPOCHS - 1}


def test_kernels_are_those_of_the_model(log: Log, trained: Trained) -> None:
    frame = pd.DataFrame(log["run"].kernels)
    assert sorted(frame.epoch.unique()) == list(range(EPOCHS))
    last = frame[frame.epoch == EPOCHS - 1].set_index("name")
    conv, head = (trained.model.get_layer(name).kernel.numpy() for name in ("conv", "head"))
    assert last.loc["conv", "sparsity"] == np.mean(conv == 0) > 0
    assert last.loc["head", "nonzeros"] == np.count_nonzero(head)
    totals = pd.DataFrame(log["run"].totals)
    zeros = np.sum(conv == 0) + np.sum(head == 0)
    assert totals.sparsity.iloc[-1] == zeros / (conv.size + head.size)


def test_scores_and_similarity_are_those_of_the_maps(log: Log) -> None:
    run = log["run"]
    maps, frame = run["GradCAM"].maps(2), pd.DataFrame(run["GradCAM"].scores())
    at = frame[frame.epoch == 2]
    np.testing.assert_allclose(at.total, maps.sum(axis=(1, 2), dtype=float))
    np.testing.assert_allclose(at.largest, np.abs(maps).max(axis=(1, 2)))
    assert at.target.tolist() == run.samples["label"].tolist()
    similarity = pd.DataFrame(run.similarity)
    cam = similarity[(similarity.explainer == "GradCAM") & (similarity.epoch == EPOCHS - 1)]
    reference = int(cam.reference.iloc[0].removeprefix("epoch "))
    one, other = run["GradCAM"].maps(reference), run["GradCAM"].maps()
    for sample, told in zip(cam["sample"], cam.pearson, strict=True):
        expected = np.corrcoef(one[sample].ravel(), other[sample].ravel())[0, 1]
        np.testing.assert_allclose(told, expected, atol=1e-3)


def test_other_records_are_given_whole(log: Log) -> None:
    kernels = log["run"].records(schema.Kernel)
    assert {tag.layer for tag in kernels} == {"conv", "head"}
    for series in kernels.values():
        assert list(series) == list(range(EPOCHS))
    assert log["run"].settings["samples"].startswith("5")
    listed = pd.DataFrame(log["run"].series)
    assert (listed[listed.kind == "map"].records == EPOCHS).all()


def test_only_what_is_asked_for_is_read(trained: Trained, tmp_path: Path) -> None:
    directory = tmp_path / "run" / "explain"
    directory.mkdir(parents=True)
    (source,) = (trained.log_dir / "explain").iterdir()
    copy = directory / source.name
    copy.write_bytes(source.read_bytes())
    run = tfexplain.read(tmp_path)["run"]
    maps = run[GRADCAM]
    expected, place = maps.maps(1), run._index._places["map/GradCAM/conv/0"][2][1]
    with copy.open("r+b") as file:
        file.seek(place.offset)
        file.write(b"\xff" * place.length)
    assert np.array_equal(maps.maps(1), expected)
    with pytest.raises(Exception, match="parsing"):
        maps.maps(2)


def test_a_log_that_ends_in_half_a_record_is_read_so_far(trained: Trained, tmp_path: Path) -> None:
    directory = tmp_path / "explain"
    directory.mkdir()
    (source,) = (trained.log_dir / "explain").iterdir()
    whole = source.read_bytes()
    (directory / source.name).write_bytes(whole[: len(whole) * 2 // 3])
    epochs = tfexplain.read(tmp_path)[tmp_path.name]["GradCAM"].epochs
    assert epochs == list(range(len(epochs)))
    assert 0 < len(epochs) < EPOCHS


def test_what_a_restart_repeats_is_read_once(tmp_path: Path) -> None:
    tag, content = schema.Tag("metrics"), schema.Content("metrics")
    for first, last in ((0, 5), (3, 4)):
        writer = RunWriter(str(tmp_path / "run" / "explain"))
        writer.open()
        for epoch in range(first, last):
            writer.add(tag, epoch, schema.Metrics({"loss": float(10 * first + epoch)}), content)
        writer.commit()
        writer.close()
    metrics = tfexplain.read(tmp_path)["run"].metrics
    assert metrics["epoch"].tolist() == [0, 1, 2, 3]
    assert metrics["loss"].tolist() == [0, 1, 2, 33]


def test_a_sample_without_a_map_is_nan(tmp_path: Path) -> None:
    writer = RunWriter(str(tmp_path / "explain"))
    writer.open()
    content = schema.Content("map", shape=(2, 2))
    for sample, epochs in ((0, (0, 1)), (1, (1,))):
        for epoch in epochs:
            values = np.full((2, 2), 1 + sample + epoch, np.float32)
            record = schema.Map(values, 0.5, 1)
            writer.add(schema.Tag("map", "Saliency", "x", sample), epoch, record, content)
    writer.commit()
    writer.close()
    maps = tfexplain.read(tmp_path)[tmp_path.name]["Saliency"]
    assert np.array_equal(maps.maps(0)[:, 0, 0], [1, np.nan], equal_nan=True)
    assert np.array_equal(maps.maps(1)[:, 0, 0], [2, 3])


@pytest.mark.parametrize(
    ("ask", "told"),
    [
        (lambda log: log["other"], "run 'other': no such run. Logged are: 'run'."),
        (lambda log: log["run"]["LIME"], r"run\['LIME'\]: no maps of that name. Logged are: \('F"),
        (lambda log: log["run"]["GradCAM", "x"], r"run\[\('GradCAM', 'x'\)\]: no maps of that"),
        (lambda log: log["run"]["GradCAM"].maps(9), "epoch=9: expected one of the 4 epochs"),
        (lambda log: tfexplain.read("nowhere"), "log_dir='nowhere': expected a log of Explain"),
    ],
)
def test_errors_say_what_there_is(log: Log, ask: Any, told: str) -> None:
    with pytest.raises(tfexplain.TfexplainError, match=told):
        ask(log)


@pytest.fixture(scope="module")
def kinds(tmp_path_factory: pytest.TempPathFactory) -> Log:
    log_dir = tmp_path_factory.mktemp("kinds")
    kinds_log.write_text(log_dir / "text", 1)
    kinds_log.write_table(log_dir / "table", 1)
    kinds_log.write_volumes(log_dir / "volumes", 1)
    return tfexplain.read(log_dir)


def test_words_tables_volumes_and_attention_have_their_shapes(kinds: Log) -> None:
    length = kinds_log.LENGTH
    text = kinds["text"]
    ids, _ = kinds_log.sentences()
    assert np.array_equal(text.inputs["input"], ids[text.samples["row"]])
    assert text["IntegratedGradients"].maps().shape == (4, length)
    assert text["Attention"].maps().shape == (4, 3, length, length)
    assert kinds["table"]["IntegratedGradients"].maps().shape == (4, 13)
    assert kinds["volumes"]["GradCAM"].maps().shape[0] == 4
    assert kinds["volumes"]["GradCAM"].maps().ndim == 4
    assert kinds["volumes"]["FeatureMaps"].maps().ndim == 5


def test_reading_needs_no_tensorflow(trained: Trained) -> None:
    program = (
        "import sys, tfexplain\n"
        f"run = tfexplain.read({str(trained.log_dir)!r})['run']\n"
        "assert run['GradCAM'].maps().shape == (5, 8, 8) and len(run.kernels['sparsity'])\n"
        "assert not {'tensorflow', 'keras', 'matplotlib'} & set(sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
