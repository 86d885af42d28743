"""Plans: greedy steps by hand, joint effects and code against a model changed so."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from support.tflite import convert

import tfexplain
from tfexplain import TfexplainError, sensitivity
from tfexplain.layer_sensitivity.effect import Effect
from tfexplain.layer_sensitivity.plan import Choice, plan, spread
from tfexplain.layer_sensitivity.settings import setting as setting_of

pytestmark = pytest.mark.filterwarnings(
    "ignore:__array__ implementation doesn't:DeprecationWarning"
)


def effect(kl: float) -> Effect:
    return Effect({"kl": kl, "accuracy": 0.9 - kl}, {("GradCAM", "a"): np.full((2, 4), 1 - kl)}, {})


def choice(layer: str, setting: str, size: float, kl: float) -> Choice:
    return Choice(layer, setting, {"keras": size, "nonzero": size}, effect(kl))


CHOICES = [
    choice("a", "8bit", 20, 0.01),  # saves 60 for 0.01
    choice("a", "4bit", 10, 0.05),  # then 10 more for 0.04
    choice("b", "8bit", 10, 0.1),  # saves 30 for 0.1
    choice("c", "4bit", 100, 0.0),  # saves nothing
]
DENSE = {"a": 80.0, "b": 40.0, "c": 100.0}


def test_what_saves_most_for_the_least_comes_first() -> None:
    made = plan(CHOICES, DENSE, effect(0), "keras", "kl")
    assert [dict(point.settings) for point in made.points] == [
        {},
        {"a": "8bit"},
        {"a": "8bit", "b": "8bit"},
        {"a": "4bit", "b": "8bit"},
    ]
    assert [point.size for point in made.points] == [220, 160, 130, 120]
    np.testing.assert_allclose([p.added["kl"] for p in made.points], [0, 0.01, 0.11, 0.15])
    np.testing.assert_allclose([p.added["accuracy"] for p in made.points], [0.9, 0.89, 0.79, 0.75])
    np.testing.assert_allclose([p.added["spearman"] for p in made.points], [1, 0.99, 0.89, 0.85])
    assert made.at(0.6) == 2
    assert spread(4, 2) == [2, 3]


def test_points_are_json_and_code() -> None:
    made = plan(CHOICES, DENSE, effect(0), "keras", "kl")
    told = json.loads(made.to_json(3))
    assert told["settings"] == {"a": "4bit", "b": "8bit"}
    assert made.code(0) == "# nothing is changed"
    assert made.code(3).count("model.quantize(") == 2
    pruned = plan([choice("a", "75%", 20, 0.1)], DENSE, effect(0), "nonzero", "kl")
    assert json.loads(pruned.to_json(1))["sparsity"] == {"a": 0.75}
    assert 'prune(model, {"a": 0.75})' in pruned.code(1)
    mixed = [
        choice("a", "75%", 20, 0.1),
        choice("b", "filters-50%", 20, 0),
        choice("c", "1:4", 25, 0),
    ]
    assert plan(mixed, DENSE, effect(0), "nonzero", "kl").pruning(3) == [
        {"sparsity": {"a": 0.75}, "structure": "unstructured"},
        {"sparsity": {"b": 0.5}, "structure": "filters"},
        {"structure": "n:m", "pattern": (1, 4), "layers": ["c"]},
    ]


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: plan(CHOICES, DENSE, effect(0), "keras", "kl").at(0.1), "at least 0.545"),
        (lambda: plan(CHOICES, DENSE, effect(0), "keras", "kl").code(9), "expected 0 to 3"),
        (lambda: plan(CHOICES[3:], DENSE, effect(0), "keras", "kl"), "saves any"),
        (lambda: plan(CHOICES, DENSE, effect(0), "gzip", "kl"), "size='gzip'"),
        (
            lambda: plan([choice("a", "3bit", 9, 0)], DENSE, effect(0), "nonzero", "kl").code(1),
            "is simulated",
        ),
        (
            lambda: plan([choice("a", "8bit", 9, 0)], DENSE, effect(0), "nonzero", "kl").code(1),
            "not those of Keras' modes",
        ),
    ],
)
def test_what_a_plan_cannot_do_is_said(call: Any, said: str) -> None:
    with pytest.raises(TfexplainError, match=said):
        call()


def test_code_takes_out_the_filters_that_a_plan_counts_as_gone() -> None:
    layers = keras.layers
    model = keras.Sequential(
        [
            keras.Input((8, 8, 1)),
            layers.Conv2D(8, 3, padding="same", name="conv"),
            layers.BatchNormalization(),
            layers.ReLU(),
            layers.Conv2D(2, 3, padding="same", name="next"),
            layers.Flatten(),
            layers.Dense(3, activation="softmax", name="head"),
        ]
    )
    random = np.random.default_rng(1)
    model.set_weights([random.uniform(0, 0.5, w.shape) for w in model.get_weights()])
    x = np.random.default_rng(0).normal(size=(30, 8, 8, 1)).astype("float32")
    found = sensitivity(
        model,
        x,
        settings=["filters-50%"],
        layers="conv",
        explainers=tfexplain.Saliency(),
        joint=2,
        reuse=True,
    )
    made = found.plans["keras"]
    assert dict(made.points[-1].settings) == {"conv": "filters-50%"}
    before = np.asarray(model(x), np.float64)
    names = {"model": model}
    exec(made.code(len(made.points) - 1), names)
    assert names["model"].get_layer("conv").kernel.shape == (3, 3, 1, 4)
    assert not names["shrunk"].kept
    after = np.asarray(names["model"](x), np.float64)
    kl = (before * np.log(before / after)).sum(axis=1).mean()
    # Alone from where the kernel is read, together by whole passes.
    one, together = found.get("conv", "filters-50%").effect, made.points[-1].joint
    for effect in (one, together):
        np.testing.assert_allclose(effect.value("kl"), kl, rtol=1e-3)


def test_no_plan_counts_filters_that_a_sum_needs() -> None:
    layers = keras.layers
    inputs = keras.Input((4, 4, 3))
    x = layers.Conv2D(8, 3, padding="same", name="inside")(inputs)
    x = layers.Conv2D(3, 3, padding="same", name="before_sum")(layers.ReLU()(x))
    x = layers.GlobalMaxPooling2D()(layers.Add()([inputs, x]))
    model = keras.Model(inputs, layers.Dense(3, activation="softmax", name="head")(x))
    x = np.random.default_rng(0).normal(size=(20, 4, 4, 3)).astype("float32")
    found = sensitivity(model, x, settings=["filters-50%"], explainers=tfexplain.Saliency())
    assert found.get("before_sum", "filters-50%").effect.value("kl") > 0
    for size in ("keras", "tflite", "multiply-adds"):
        assert dict(found.plans[size].points[-1].settings) == {"inside": "filters-50%"}
    assert any("filters of before_sum stay" in note for note in found.notes)


def network() -> keras.Model:
    layers = keras.layers
    return keras.Sequential(
        [
            keras.Input((6,)),
            layers.Dense(12, activation="relu", name="first"),
            layers.Dense(8, activation="relu", name="second"),
            layers.Dense(3, activation="softmax", name="head"),
        ]
    )


@pytest.mark.parametrize(
    ("settings", "size", "changed"),
    [
        (["8bit", "4bit"], "keras", 3),
        (["50%", "2:4"], "nonzero", 3),
        # Those of the head are the model's outputs.
        (["filters-50%"], "multiply-adds", 2),
    ],
)
def test_code_does_what_was_measured(settings: list[str], size: str, changed: int) -> None:
    model = network()
    x = np.random.default_rng(0).normal(size=(30, 6)).astype("float32")
    found = sensitivity(model, x, settings=settings, explainers=tfexplain.Saliency(), joint=1)
    made = found.plans[size]
    number = len(made.points) - 1
    assert len(made.points[number].settings) == changed
    p = np.asarray(model(x), np.float64)
    exec(made.code(number), {"model": model})
    q = np.asarray(model(x), np.float64)
    kl = (p * np.log(p / q)).sum(axis=1).mean()
    np.testing.assert_allclose(made.points[number].joint.value("kl"), kl, rtol=1e-3)


def test_a_file_of_any_pruning_is_applied_in_one_step(tmp_path: Path) -> None:
    choices = [choice("first", "filters-25%", 9, 0), choice("second", "1:4", 8, 0)]
    choices.append(choice("head", "50%", 7, 0))
    made = plan(
        choices, dict.fromkeys(("first", "second", "head"), 10.0), effect(0), "nonzero", "kl"
    )
    (tmp_path / "plan.json").write_text(made.to_json(3))
    one, other = network(), network()
    other.set_weights(one.get_weights())
    masks = tfexplain.prune(one, tmp_path / "plan.json")
    for arguments in made.pruning(3):
        tfexplain.prune(other, **arguments)
    assert sorted(masks) == ["first", "head", "second"]
    for mine, theirs in zip(one.get_weights(), other.get_weights(), strict=True):
        np.testing.assert_array_equal(mine, theirs)
    assert not one.get_layer("first").kernel.numpy().any(axis=0).all()
    with pytest.raises(TfexplainError, match="or not only"):
        tfexplain.MagnitudePruning(tmp_path / "plan.json")


@pytest.mark.parametrize(
    ("setting", "dense", "conv"),
    [
        ("8bit", {"keras", "tflite"}, {"tflite"}),
        ("4bit", {"keras"}, set()),
        ("3bit", set(), set()),
        ("8bit-tensor", set(), set()),
        ("50%", set(), set()),
        ("2:4", set(), set()),
        ("filters-50%", {"keras", "tflite"}, {"keras", "tflite"}),
    ],
)
def test_sizes_count_only_what_a_named_runtime_stores(
    setting: str, dense: set[str], conv: set[str]
) -> None:
    layers = keras.layers
    model = keras.Sequential(
        [
            keras.Input((4, 4, 4)),
            layers.Conv2D(6, 3, name="conv"),
            layers.Flatten(),
            layers.Dense(8, name="dense"),
            layers.Dense(3, name="head"),
        ]
    )
    own = {layer.name: layer for layer in tfexplain.compression.read(model)}
    made = setting_of(setting)
    for name, runtimes in (("dense", dense), ("conv", conv)):
        assert set(made.runtimes(own[name])) == runtimes
    if setting in ("8bit", "4bit"):
        # As Keras has it then: whole numbers, of 4 bits two a byte, and a scale for each output.
        changed = made.applied(own["dense"].variable.numpy(), own["dense"])
        wanted = made.bits_of(own["dense"], changed)
        mode = {
            "8bit": keras.quantizers.Int8QuantizationConfig(),
            "4bit": keras.quantizers.Int4QuantizationConfig(block_size=None),
        }
        model.quantize(config=mode[setting], filters=["^dense$"])
        kernel = model.get_layer("dense")
        stored = [v for v in kernel.variables if v.name != "bias"]
        assert wanted == sum(8 * v.numpy().nbytes for v in stored)
    elif not dense:
        single = plan([choice("dense", setting, 1, 0)], {"dense": 2.0}, effect(0), "nonzero", "kl")
        assert single.simulated
        if made.bits:
            with pytest.raises(TfexplainError, match="no runtime stores it"):
                single.code(1)


def test_int8_of_a_tflite_file_takes_as_many_bits_as_counted() -> None:
    layers = keras.layers
    model = keras.Sequential(
        [keras.Input((4, 4, 4)), layers.Conv2D(6, 3, name="conv"), layers.Flatten()]
    )
    (stored,) = tfexplain.compression.read_tflite(convert(model, "int8"))
    (own,) = tfexplain.compression.read(model)
    made = setting_of("8bit")
    changed = made.applied(own.variable.numpy(), own)
    assert made.bits_of(own, changed) == 8 * stored.size + 32 * np.unique(stored.scales()).size
