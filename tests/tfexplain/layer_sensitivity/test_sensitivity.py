"""Sensitivity of each kernel, against a fresh model with weights changed by plain numpy."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from scipy import stats
from support.models import digits, same_bits, small_cnn

from tfexplain import GradCAM, Saliency, TfexplainError, sensitivity
from tfexplain.layer_sensitivity import Sensitivity, measuring, passes
from tfexplain.quality import similarity

SETTINGS = ("8bit", "2bit-tensor", "80%", "filters-50%")
DATA = digits(60)


def network(seed: int = 1) -> keras.Model:
    model = small_cnn(seed=seed)
    deeper = keras.Sequential(
        [
            keras.layers.Input((8, 8, 1)),
            *model.layers[:1],
            keras.layers.Conv2D(8, 3, padding="same", activation="relu", name="conv2"),
            *model.layers[1:2],
            keras.layers.Dense(10, activation="softmax", name="head"),
        ]
    )
    deeper.compile("adam", "sparse_categorical_crossentropy")
    deeper.optimizer.learning_rate = 0.02
    deeper.fit(*DATA, epochs=6, verbose=0)
    return deeper


@pytest.fixture(scope="module")
def model() -> keras.Model:
    return network()


@pytest.fixture(scope="module")
def other() -> keras.Model:
    return network(seed=2)


@pytest.fixture(scope="module")
def found(model: keras.Model, other: keras.Model, tmp_path_factory: Any) -> Sensitivity:
    return sensitivity(
        model, DATA, settings=SETTINGS, rows=40, samples=6, joint=0, reuse=True,
        control={"other": other}, resume=tmp_path_factory.mktemp("kept") / "cells.jsonl",
    )  # fmt: skip


@pytest.fixture(autouse=True)
def weights_stay(model: keras.Model) -> Iterator[None]:
    before = model.get_weights()
    yield
    assert same_bits(before, model.get_weights())


def by_hand(kernel: np.ndarray, setting: str) -> np.ndarray:
    """What a setting makes of a kernel whose last axis is its outputs, by loops."""
    result = kernel.copy()
    if setting == "8bit":
        for o in range(kernel.shape[-1]):
            scale = np.abs(kernel[..., o]).max() / 127
            result[..., o] = np.round(kernel[..., o] / scale) * scale
    elif setting == "2bit-tensor":
        scale = np.abs(kernel).max()
        result = np.round(kernel / scale) * scale
    elif setting == "80%":
        kept = round(kernel.size * 0.2)
        result[np.abs(kernel) < np.sort(np.abs(kernel).ravel())[-kept]] = 0
    else:
        sizes = np.abs(kernel).reshape(-1, kernel.shape[-1]).sum(axis=0)
        result[..., np.argsort(sizes)[: len(sizes) // 2]] = 0
    return result


def rows_of(found: Sensitivity) -> np.ndarray:
    """Which rows of the data were predicted: all predictions are of these."""
    from tfexplain.data.content import row_hashes
    from tfexplain.data.row_choice import smallest

    return np.sort(smallest(row_hashes(DATA[0]), found.rows, 0))


@pytest.mark.parametrize("layer", ["conv", "conv2", "head"])
@pytest.mark.parametrize("setting", SETTINGS)
def test_numbers_are_those_of_a_fresh_model(
    model: keras.Model, found: Sensitivity, layer: str, setting: str
) -> None:
    one = found.get(layer, setting)
    if one is None:
        assert (layer, setting) == ("head", "filters-50%")
        assert found.unfit[layer, setting] == "its outputs are those of the model"
        return
    fresh = keras.models.clone_model(model)
    fresh.set_weights(model.get_weights())
    kernel = fresh.get_layer(layer).kernel
    kernel.assign(by_hand(kernel.numpy(), setting))
    if setting == "filters-50%":  # bias and all
        bias = fresh.get_layer(layer).bias
        bias.assign(bias.numpy() * np.any(kernel.numpy(), axis=tuple(range(kernel.ndim - 1))))
    rows = rows_of(found)
    x, y = DATA[0][rows], DATA[1][rows]
    p, q = (np.asarray(m(x), np.float64) for m in (model, fresh))
    numbers = one.effect.numbers
    kl = stats.entropy(p, q, axis=1).mean()  # divides by the sums, which miss 1 in float32
    np.testing.assert_allclose(numbers["kl"], kl, rtol=1e-3, atol=1e-8)
    assert numbers["agreement"] == np.mean(p.argmax(axis=1) == q.argmax(axis=1))
    assert numbers["accuracy"] == np.mean(q.argmax(axis=1) == y)
    assert numbers["accuracy_low"] < numbers["accuracy"] < numbers["accuracy_high"]
    some = x[found.samples], y[found.samples]
    maps = [GradCAM()(m, *some).maps for m in (model, fresh)]
    ((_, values),) = one.effect.similarity.items()
    np.testing.assert_allclose(values, similarity(maps[1], maps[0]), atol=1e-3)


def test_parts_equal_whole_passes(model: keras.Model, found: Sensitivity) -> None:
    whole = sensitivity(model, DATA, settings=SETTINGS, rows=40, samples=6, joint=0, reuse=False)
    for measure in ("kl", "agreement", "accuracy", "spearman"):
        np.testing.assert_allclose(found.table(measure), whole.table(measure), atol=1e-6)
    assert found.cost.passes < whole.cost.passes == whole.cost.whole == found.cost.whole


def test_no_difference_within_the_controls_is_a_cost(found: Sensitivity) -> None:
    assert found.band("kl") == found.controls["other"].value("kl")
    assert found.is_cost(found.get("conv2", "8bit"), "kl") is False
    base, control = (one.value("accuracy") for one in (found.base, found.controls["other"]))
    assert found.band("accuracy") == base - abs(control - base)
    for one in found.measured:
        assert found.is_cost(one, "accuracy") is (
            one.effect.value("accuracy") < found.band("accuracy")
        )
    assert "the farthest control" in found.summary()


def test_what_was_measured_is_not_measured_again(
    model: keras.Model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = {"rows": 40, "samples": 6, "joint": 0, "resume": tmp_path / "cells.jsonl"}
    first = sensitivity(model, DATA, settings=["8bit"], **given)
    lines = (tmp_path / "cells.jsonl").read_bytes()
    (tmp_path / "cells.jsonl").write_bytes(lines[:-40])  # the last line was cut off
    again = sensitivity(model, DATA, settings=["8bit", "80%"], **given)
    assert again.cost.reused == 2
    assert np.array_equal(again.table("kl")[:, :1], first.table("kl"))
    monkeypatch.setattr(measuring.Measuring, "_one", lambda *_: pytest.fail("measured again"))
    third = sensitivity(model, DATA, settings=["8bit", "80%"], **given)
    assert np.array_equal(third.table("spearman"), again.table("spearman"))


def test_measurements_of_something_else_are_refused(
    model: keras.Model, other: keras.Model, tmp_path: Path
) -> None:
    path = tmp_path / "cells.jsonl"
    given = {"settings": ["8bit"], "rows": 40, "samples": 6, "joint": 0, "resume": path}
    sensitivity(model, DATA, **given)
    with pytest.raises(TfexplainError, match="got others: model"):
        sensitivity(other, DATA, **given)
    with pytest.raises(TfexplainError, match="got others: rows"):
        sensitivity(model, (DATA[0] + 1, DATA[1]), **given)
    with pytest.raises(TfexplainError, match="got others: explainers"):
        sensitivity(model, DATA, explainers=Saliency(), **given)
    path.write_text("layer,setting\n")
    with pytest.raises(TfexplainError, match="it holds something else"):
        sensitivity(model, DATA, **given)


@pytest.mark.parametrize("error", [KeyboardInterrupt, RuntimeError])
def test_weights_are_put_back_whatever_happens(
    model: keras.Model, monkeypatch: pytest.MonkeyPatch, error: type[BaseException]
) -> None:
    before = model.get_weights()
    seen = []

    def interrupted(*_: Any) -> None:
        seen.append(same_bits(before, model.get_weights()))
        raise error

    monkeypatch.setattr(passes.Passes, "_outputs", interrupted)
    with pytest.raises(error):
        sensitivity(model, DATA, settings=["2bit"], rows=20, samples=2)
    assert seen == [False]
    assert same_bits(before, model.get_weights())


def test_a_budget_takes_the_most_promising(model: keras.Model) -> None:
    found = sensitivity(
        model, DATA, settings=["8bit", "2bit"], rows=40, samples=2, joint=0, budget=1.5, reuse=True
    )
    done = [(one.layer, one.setting) for one in found.measured if one.effect is not None]
    assert done == [("head", "8bit"), ("head", "2bit")]  # most bits saved a pass
    assert any("were not measured: the budget ended" in note for note in found.notes)
    assert found.cost.passes <= 1.5


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"layers": "pool"}, "no layer of this name has a kernel"),
        ({"settings": ["150%"]}, "below 1"),
        ({"settings": ["2:4"], "layers": ["conv"]}, "4 does not divide its 1 inputs"),
        ({"settings": ["filters-50%"], "layers": ["head"]}, "its outputs are those of the model"),
        ({"settings": ["3:7"]}, "no layer can have it"),
        ({"rows": 1}, "rows=1: expected a whole number of at least 2"),
        ({"budget": "soon"}, "budget='soon': expected passes"),
        ({"budget": 0}, "budget=0: expected passes"),
        ({"layers": []}, "layers: expected at least one"),
    ],
)
def test_what_cannot_be_measured_is_said(
    model: keras.Model, given: dict[str, Any], said: str
) -> None:
    asked = {"settings": ["8bit"], "rows": 20, "samples": 2} | given
    with pytest.raises(TfexplainError, match=said):
        sensitivity(model, DATA, **asked)


def test_data_that_the_model_cannot_take(model: keras.Model) -> None:
    with pytest.raises(TfexplainError, match="could not be called"):
        sensitivity(model, (np.zeros((4, 9, 9, 3), "float32"), np.zeros(4)), settings="8bit")
    with pytest.raises(TfexplainError, match="rows of finite numbers"):
        sensitivity(model, np.full((4, 8, 8, 1), np.nan, "float32"), settings="8bit")


def test_models_without_floats(tmp_path: Path) -> None:
    quantized = keras.Sequential(
        [keras.Input((4,)), keras.layers.Dense(3, dtype="int8_from_float32")]
    )
    with pytest.raises(TfexplainError, match="stored as floats"):
        sensitivity(quantized, np.ones((4, 4), "float32"))
    path = tmp_path / "model.tflite"
    path.write_bytes(b"")
    with pytest.raises(TfexplainError):
        sensitivity(path, np.ones((4, 4), "float32"))
