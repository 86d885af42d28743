"""Models measured against another than the first, and models with fewer filters than theirs."""

from __future__ import annotations

import warnings
from typing import Any

import keras
import numpy as np
import pytest
from support.read import read_run

from tfexplain import GradCAM, TfexplainError, compare, prune, shrink

X = np.random.default_rng(0).random((24, 6, 6, 1)).astype("float32")
Y = np.arange(24) % 3
REFERENCE = {"pruned 1": "dense 1", "small 1": "dense 1", "int8 1": "dense 1"}


def dense(seed: int) -> Any:
    """Layers have no names of their own, so those of each model are others."""
    keras.utils.set_random_seed(seed)
    layers = keras.layers
    hidden = [layers.Conv2D(4, 3, padding="same", activation="relu"), layers.Flatten()]
    last = [layers.Dense(8, activation="relu"), layers.Dense(3, activation="softmax")]
    return keras.Sequential([keras.Input((6, 6, 1)), *hidden, *last])


def copied(model: Any) -> Any:
    copy = keras.models.clone_model(model)
    copy.set_weights(model.get_weights())
    return copy


@pytest.fixture(scope="module")
def models() -> dict[str, Any]:
    zero, one = dense(0), dense(1)
    pruned, filters, int8 = copied(one), copied(one), copied(one)
    prune(pruned, 0.5)
    prune(filters, 0.5, structure="filters")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Keras says of each convolution that it stays float
        int8.quantize("int8")
    small = shrink(filters).model
    return {"dense 0": zero, "pruned 1": pruned, "small 1": small, "int8 1": int8, "dense 1": one}


@pytest.fixture(scope="module")
def compared(models: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A comparison in which those of seed 1 are measured against the dense model of seed 1."""
    log_dir = tmp_path_factory.mktemp("logs")
    given = dict(models)
    control = {"dense 1": given.pop("dense 1")}
    found = compare(
        given,
        control=control,
        reference=REFERENCE,
        validation_data=(X, Y),
        log_dir=log_dir,
        explainers=GradCAM(relu=False),
        samples=6,
    )
    return found, log_dir


def test_each_is_measured_against_its_own(compared: Any, models: dict[str, Any]) -> None:
    found, log_dir = compared
    classes = {name: m.predict(X, verbose=0).argmax(1) for name, m in models.items()}
    maps = {
        name: GradCAM(relu=False)(m, X[found.rows], Y[found.rows]) for name, m in models.items()
    }
    for name, one in found.models.items():
        theirs = REFERENCE.get(name, "dense 0")
        settings = read_run(log_dir / name).record("samples").settings
        assert settings["reference"] == theirs
        if name == "dense 0":
            assert one.reference == ""
            continue
        assert found.reference_of(one).name == one.reference == theirs
        agreement = (classes[name] == classes[theirs]).mean()
        assert np.isclose(one.fidelity.numbers["agreement"], agreement)
        ((place, drifted),) = one.drifts.items()
        assert place[1] == models["dense 0"].layers[0].name
        for sample in range(6):
            pair = (maps[n].maps[sample].ravel() for n in (name, theirs))
            assert np.isclose(drifted.values[sample, 0], np.corrcoef(*pair)[0, 1], atol=1e-4)
        run = read_run(log_dir / name)
        assert run.record("drift/" + "/".join(place)).reference == theirs
        assert run.record("fidelity").reference == theirs
    changes = [paid for paid in found.payers() if paid.measure == "accuracy change"]
    for paid in changes:
        rows = int(paid.name) == Y
        right = {name: (own == Y)[rows].mean() for name, own in classes.items()}
        before = right[REFERENCE.get(paid.model, "dense 0")]
        assert np.isclose(paid.value, right[paid.model] - before)
    lines = found.summary().splitlines()
    assert "beside those of the reference of each, dense 0 where none is named" in lines[0]
    own = next(line for line in lines if line.startswith("  pruned 1"))
    assert own.split()[2:5] == ["model", "dense", "1"]


def test_a_quantized_model_has_its_own_floats(compared: Any, models: dict[str, Any]) -> None:
    int8 = compared[0].models["int8 1"]
    assert int8.totals[""].sqnr > 30
    assert min(one.sqnr for one in int8.activations.layers) > 20
    assert int8.activations.layers[-1].layer == models["dense 0"].layers[-1].name
    assert not int8.notes


def test_a_shrunk_model_says_so_once_with_its_size(compared: Any, models: dict[str, Any]) -> None:
    found = compared[0]
    small = found.models["small 1"]
    sizes = [
        sum(int(np.prod(w.shape)) for w in models[name].weights if len(w.shape) > 1)
        for name in ("small 1", "dense 1")
    ]
    (note,) = small.notes
    assert note.startswith(
        f"it has fewer filters than dense 1: {sizes[0]:,} weights in its kernels, of {sizes[1]:,}."
    )
    text = found.summary()
    assert text.count("fewer filters") == 1
    assert "not known" not in text
    assert found.models["dense 1"].totals[""].size_dense > small.totals[""].size_dense


@pytest.mark.parametrize(
    ("reference", "message"),
    [
        ({"dense 0": "dense 1"}, "reference='dense 0': expected a model behind the first"),
        ({"none": "dense 1"}, "reference='none': .* those are: pruned 1, small 1, int8 1"),
        ({"dense 1": "dense 0"}, "reference='dense 1': .* that is no control"),
        ({"pruned 1": "none"}, "'none'}: expected a Keras model .* those are: .*dense 1"),
        ({"pruned 1": "small 1", "small 1": "dense 1"}, "'small 1'}: .* against the first"),
    ],
)
def test_what_can_be_no_reference(
    reference: dict[str, str], message: str, models: dict[str, Any]
) -> None:
    given = dict(models)
    control = {"dense 1": given.pop("dense 1")}
    with pytest.raises(TfexplainError, match=message):
        compare(given, control=control, reference=reference, validation_data=(X, Y))
