"""Smooth, SmoothGrad and VarGrad: closed forms, and a direct loop over the same noise."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from support.read import read_run
from support.twin import gap_to

from tfexplain import (
    Attribution,
    Explain,
    FeatureMaps,
    GradCAM,
    HiResCAM,
    IntegratedGradients,
    Saliency,
    Smooth,
    SmoothGrad,
    VarGrad,
)
from tfexplain.explainers.run import explanations
from tfexplain.model.keras_model import KerasModel
from tfexplain.model.layer_calls import LayerError

layers = keras.layers
SMOOTH = Smooth(Saliency(), copies=7, noise=0.3, seed=4)


def cnn() -> Any:
    keras.utils.set_random_seed(5)
    conv = layers.Conv2D(4, 3, activation="tanh", name="conv")
    dense = layers.Dense(3, activation="softmax")
    return keras.Sequential(
        [keras.Input((6, 6, 2)), conv, layers.Conv2D(3, 3, name="last"), layers.Flatten(), dense]
    )


def images(count: int = 4) -> Any:
    scales = np.array([0.01, 1.0, 30.0, 2.0])[:count, None, None, None]
    return (scales * np.random.default_rng(3).normal(size=(count, 6, 6, 2))).astype("float32")


def linear() -> Any:
    model = keras.Sequential([keras.Input((3,)), layers.Dense(2)])
    model.set_weights([np.array([[1.5, 0], [-2, 1], [0.25, 3]], "float32"), np.ones(2, "float32")])
    return model


def draws(x: Any, count: int, noise: float, seed: int, position: int = 0) -> list[Any]:
    """The noisy copies, as the docstrings say: each sample's range, one draw for all samples."""
    rng = np.random.default_rng([seed, position])
    axes = tuple(range(1, x.ndim))
    spread = x.max(axis=axes, keepdims=True) - x.min(axis=axes, keepdims=True)
    return [
        x + noise * spread * rng.standard_normal(x.shape[1:], np.float32)[None]
        for _ in range(count)
    ]


def looped(explainer: Any, model: Any, x: Any, targets: Any) -> list[Attribution]:
    """Copy by copy, with nothing of what is tested."""
    return [explainer(model, copy, targets) for copy in draws(x, 7, 0.3, 4)]


@pytest.mark.parametrize(
    "explainer",
    [
        Saliency(),
        Saliency(absolute=True),
        GradCAM(layer="conv"),
        HiResCAM(layer="last", relu=False),
        IntegratedGradients(steps=3),
        FeatureMaps(layer=["last"]),
    ],
    ids=lambda explainer: explainer.name,
)
def test_it_is_the_mean_of_a_direct_loop(explainer: Any) -> None:
    model, x, targets = cnn(), images(), [0, 1, 2, 0]
    found = Smooth(explainer, copies=7, noise=0.3, seed=4)(model, x, targets)
    if isinstance(explainer, FeatureMaps):
        parts = [explainer(model, copy, targets)["last"] for copy in draws(x, 7, 0.3, 4)]
    else:
        parts = looped(explainer, model, x, targets)
    assert gap_to(np.mean([part.values for part in parts], axis=0), found.values) < 1e-5
    clean = explanations(model, [explainer], x, targets)[0].attributions[found.layer]
    assert np.allclose(found.scores, clean.scores)
    assert (found.layer, found.unit, found.signed) == (clean.layer, clean.unit, parts[0].signed)
    assert found.explainer == f"Smooth({explainer.name})"
    assert found.channel_axis == clean.channel_axis
    each = 3 if isinstance(explainer, IntegratedGradients) else 1
    assert found.passes is not None
    assert found.passes.tolist() == [7 * each] * 4


def test_squares_and_the_variance_are_those_of_a_direct_loop() -> None:
    model, x = cnn(), images()
    parts = np.stack([part.values for part in looped(Saliency(), model, x, 1)]).astype(np.float64)
    names = []
    for statistic, expected in (("square", (parts**2).mean(0)), ("variance", parts.var(0))):
        found = Smooth(Saliency(), copies=7, noise=0.3, seed=4, statistic=statistic)(model, x, 1)
        assert gap_to(expected, found.values) < 1e-5
        assert not found.signed
        assert found.unit == f"{statistic} of logit per unit of input"
        names.append(found.explainer)
    assert names == ["Smooth(Saliency,square)", "Smooth(Saliency,variance)"]
    var_grad = VarGrad(copies=7, noise=0.3, seed=4)(model, x, 1)
    assert np.array_equal(var_grad.values, found.values)
    smooth_grad = SmoothGrad(copies=7, noise=0.3, seed=4)(model, x, 1)
    assert np.array_equal(smooth_grad.values, SMOOTH(model, x, 1).values)
    assert (var_grad.explainer, smooth_grad.explainer) == ("VarGrad", "SmoothGrad")


def test_of_a_linear_model_the_gradient_stays_and_varies_by_nothing() -> None:
    x = np.random.default_rng(0).normal(size=(5, 3)).astype("float32")
    assert np.array_equal(
        SmoothGrad()(linear(), x, 0).values, np.tile([[1.5, -2, 0.25]], (5, 1)).astype("float32")
    )
    assert not VarGrad(batch_size=15)(linear(), x, 0).values.any()


def test_of_a_square_both_are_known() -> None:
    """d x^2 / dx = 2x: the mean gradient is that at the mean copy, and varies by 4 sigma^2."""
    inputs = keras.Input((2,))
    model = keras.Model(inputs, layers.Lambda(lambda x: x**2)(inputs))
    x = np.array([[1.0, 4.0]], "float32")
    settings = {"copies": 4000, "noise": 0.2}
    assert np.allclose(SmoothGrad(**settings)(model, x, 1).values, [[0, 8]], atol=0.1)
    found = VarGrad(**settings)(model, x, 1).values
    assert np.allclose(found, [[0, 4 * (0.2 * 3) ** 2]], rtol=0.05)


def test_without_noise_it_is_the_explainer() -> None:
    model, x = cnn(), images()
    plain = Saliency()(model, x, 2).values
    assert gap_to(plain, SmoothGrad(noise=0.0)(model, x, 2).values) < 1e-6


def test_the_seed_decides_to_the_bit() -> None:
    model, x = cnn(), images()
    first, again = (SMOOTH(model, x, 1).values for _ in range(2))
    other = Smooth(Saliency(), copies=7, noise=0.3, seed=5)(model, x, 1).values
    assert first.tobytes() == again.tobytes()
    assert gap_to(first, other) > 1e-3


@pytest.mark.parametrize("batch_size", [1, 8, 12])
def test_chunks_and_neighbours_change_nothing(batch_size: int) -> None:
    model, x = cnn(), images()
    chunked = SmoothGrad(copies=7, noise=0.3, seed=4, batch_size=batch_size)
    assert gap_to(SMOOTH(model, x, 1).values, chunked(model, x, 1).values) < 1e-5
    alone = chunked(model, x[2:3], 1).values
    assert gap_to(chunked(model, x, 1).values[2:3], alone) < 1e-5
    assert chunked(model, x, 1).passes.tolist() == [7] * 4
    spread = [VarGrad(copies=7, batch_size=size)(model, x, 1).values for size in (None, batch_size)]
    assert gap_to(spread[0], spread[1]) < 1e-5


def test_no_more_than_a_batch_goes_through_the_model_at_once() -> None:
    model, x, sizes = cnn(), images(), []
    original = model.call
    object.__setattr__(
        model, "call", lambda x, **options: sizes.append(x.shape[0]) or original(x, **options)
    )
    SmoothGrad(copies=5, batch_size=9)(model, x, 0)
    assert set(sizes) == {None, 4, 8}  # 4 are the clean samples
    sizes.clear()
    SmoothGrad(copies=2, batch_size=3)(model, x, 0)
    assert set(sizes) == {3, 1}


def test_later_epochs_trace_nothing() -> None:
    model, x = cnn(), images()
    traced_model = KerasModel(model, x)
    methods = [SmoothGrad(copies=5, batch_size=8), VarGrad(copies=5, batch_size=8)]
    explanations(model, methods, x, traced_model=traced_model)
    assert traced_model.traces == 2  # the clean samples, and copies: both methods take the same
    explanations(model, methods, x, traced_model=traced_model)
    assert traced_model.traces == 2


def test_the_target_is_the_clean_sample_s() -> None:
    """Strong noise makes other classes win; the class explained stays."""
    model, x = cnn(), images()
    chosen = model.predict(x, verbose=0).argmax(1)
    strong = SmoothGrad(copies=7, noise=3.0)
    by_default, copies = strong(model, x), draws(x, 7, 3.0, 0)
    parts = [Saliency()(model, copy, chosen).values for copy in copies]
    assert gap_to(np.mean(parts, axis=0), by_default.values) < 1e-5
    assert by_default.targets.tolist() == chosen.tolist()
    noisy = [model.predict(copy, verbose=0).argmax(1) for copy in copies]
    assert (np.stack(noisy) != chosen).any()


def test_functions_heads_and_probabilities_are_the_explainer_s() -> None:
    model, x = cnn(), images()
    by_function = SmoothGrad()(model, x, lambda outputs: outputs[:, 1])
    for one in (SmoothGrad(score="probability"), Smooth(Saliency(score="probability"))):
        assert gap_to(by_function.values, one(model, x, 1).values) < 1e-5
        assert one.score == "probability"
    with pytest.raises(ValueError, match=r"output='b': expected.*got None there\. Pass it to Sal"):
        Smooth(Saliency(), output="b")
    with pytest.raises(LayerError, match="nowhere"):
        Smooth(GradCAM(layer="nowhere"))(model, x)


def test_only_floating_inputs_get_noise() -> None:
    words, weights = keras.Input((3,), dtype="int32", name="a"), keras.Input((3,), name="b")
    looked_up = layers.Flatten()(layers.Embedding(5, 1)(words))
    model = keras.Model({"a": words, "b": weights}, layers.Multiply()([looked_up, weights]))
    x = {"a": np.array([[0, 4, 2]], "int32"), "b": np.array([[1.0, 2.0, 3.0]], "float32")}
    found = Smooth(Saliency(), copies=3).each(model, x, 1)
    (table,) = model.get_weights()
    assert np.allclose(found["b"].values, [[0, table[4, 0], 0]], atol=1e-6)
    # Words have none; at theirs, the gradient is the noisy weight, summed over the one component.
    mean = np.mean(draws(x["b"], 3, 0.1, 0, 1), axis=0)
    assert np.allclose(found["a"].values, [[0, mean[0, 1], 0]], atol=1e-5)
    words = layers.Embedding(5, 2, name="words")
    whole = keras.Sequential([keras.Input((3,), dtype="int32"), words])
    whole.add(layers.Flatten())
    with pytest.raises(ValueError, match="inputs: expected floating-point numbers"):
        Smooth(FeatureMaps(layer=["words"]))(whole, x["a"], 0)


def test_each_input_has_noise_of_its_own() -> None:
    one, other = keras.Input((2,), name="one"), keras.Input((2,), name="other")
    model = keras.Model([one, other], layers.Multiply()([one, other]))
    x = [np.array([[1.0, 3.0]], "float32"), np.array([[-2.0, 5.0]], "float32")]
    found = Smooth(Saliency(), copies=7, noise=0.3, seed=4).each(model, x, 0)
    for position, name in enumerate(("other", "one")):
        copies = draws(x[position], 7, 0.3, 4, position)
        mean = np.mean(copies, axis=0)[0, 0]
        assert np.allclose(found[name].values, [[mean, 0]], atol=1e-5)


def test_gradients_at_a_hidden_layer() -> None:
    model, x = cnn(), images()
    at: Any = {"layer": "last", "score": "probability"}  # whose gradient bends there
    noise: Any = {"copies": 7, "noise": 0.3, "seed": 4}
    copies = [one.values for one in looped(Saliency(**at), model, x, 1)]
    mean, varied = SmoothGrad(**at, **noise), VarGrad(**at, **noise)
    assert mean(model, x, 1).layer == varied(model, x, 1).layer == "last"
    assert gap_to(np.mean(copies, axis=0), mean(model, x, 1).values) < 1e-4
    assert gap_to(np.var(copies, axis=0), varied(model, x, 1).values) < 1e-3


def test_wrong_settings_are_told_early() -> None:
    for settings, words in (
        ({"copies": 0}, r"copies=0: expected a whole number of at least 1"),
        ({"noise": -0.1}, r"noise=-0.1: expected a number of at least 0"),
        ({"batch_size": 2.5}, r"batch_size=2.5: expected a whole number"),
        ({"statistic": "median"}, r"statistic='median': expected 'mean', 'square' or 'variance'"),
    ):
        with pytest.raises(ValueError, match=words):
            Smooth(Saliency(), **settings)
    with pytest.raises(ValueError, match=r"explainer=.*: expected an explainer such as Saliency"):
        Smooth(Saliency)  # type: ignore[arg-type]


def test_half_as_much_at_once() -> None:
    traced_model = KerasModel(cnn(), images())
    once = Smooth(IntegratedGradients(batch_size=4), batch_size=2).with_half_batch(traced_model)
    assert once is not None
    assert (once.batch_size, once.explainer.batch_size) == (1, 2)  # type: ignore[attr-defined]
    twice = once.with_half_batch(traced_model)
    assert twice is not None
    assert (twice.batch_size, twice.explainer.batch_size) == (1, 1)  # type: ignore[attr-defined]
    assert twice.with_half_batch(traced_model) is None
    assert SmoothGrad(batch_size=1).with_half_batch(traced_model) is None


def test_explain_logs_it_under_its_name(tmp_path: Path, capsys: Any) -> None:
    model, x = cnn(), images()
    model.compile("sgd", "sparse_categorical_crossentropy")
    methods = [Smooth(IntegratedGradients(steps=2), copies=3), VarGrad(copies=3)]
    callback = Explain(
        (x, np.array([0, 1, 2, 0])), explainers=methods, log_dir=tmp_path, on_error="raise"
    )
    model.fit(x, np.zeros(4), epochs=1, verbose=0, callbacks=[callback])
    printed = " ".join(capsys.readouterr().out.split())
    assert (
        "at input; copies 3, noise 0.1, seed 0, explainer IntegratedGradients(score=logit, "
        "steps=2, quadrature=gauss_legendre), statistic mean" in printed
    )
    found = read_run(tmp_path)
    assert "map/Smooth(IntegratedGradients)/input/0" in found.values
    assert "map/VarGrad/input/3" in found.values


def test_weights_and_random_states_stay() -> None:
    model, x = cnn(), images()
    before = [w.tobytes() for w in model.get_weights()]
    np.random.seed(1)
    tf.random.set_seed(1)
    SMOOTH(model, x)
    drawn = np.random.random(), tf.random.uniform(()).numpy()
    np.random.seed(1)
    tf.random.set_seed(1)
    assert drawn == (np.random.random(), tf.random.uniform(()).numpy())
    assert before == [w.tobytes() for w in model.get_weights()]
