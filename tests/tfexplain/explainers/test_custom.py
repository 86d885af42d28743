"""`Custom`: what a user's function returns is what is logged, and the model is left as it was."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from support.models import digits, small_cnn
from support.read import read_run

from tfexplain import Attribution, Attributions, Custom, Explain, GradCAM, TfexplainError, explain

X, Y = digits(6)


def brightness(model: Any, inputs: Any, targets: Any) -> Any:
    """[N, h, w]: the picture itself, times the class."""
    return inputs[..., 0] * targets[:, None, None]


def test_the_numbers_are_the_function_s() -> None:
    found = Custom("Brightness", brightness, unit="grey")(small_cnn(), X, Y)
    assert (found.explainer, found.unit, found.layer) == ("Brightness", "grey", "input")
    assert np.array_equal(found.values, X[..., 0] * Y[:, None, None].astype("f4"))
    assert found.targets.tolist() == Y.tolist()


def test_values_shaped_as_the_input_are_summed_over_channels() -> None:
    model = keras.Sequential([keras.Input((4, 4, 3)), keras.layers.Flatten()])
    x = np.random.default_rng(0).random((2, 4, 4, 3)).astype("f4")
    found = Custom("Input", lambda model, inputs, targets: inputs)(model, x)
    np.testing.assert_allclose(found.maps, x.sum(-1), rtol=1e-6)


def test_several_inputs_are_named() -> None:
    a, b = keras.Input((3,), name="a"), keras.Input((2,), name="b")
    model = keras.Model([a, b], keras.layers.Dense(2)(keras.layers.Concatenate()([a, b])))
    x = [np.ones((4, 3), "f4"), np.ones((4, 2), "f4")]
    double = Custom("Double", lambda model, inputs, targets: {"b": 2 * inputs[1], "a": inputs[0]})
    found = double(model, x)
    assert isinstance(found, Attributions)
    assert np.array_equal(found["b"].values, 2 * x[1])
    with pytest.raises(TfexplainError, match="expected maps of inputs a, b; got one of 'c'"):
        Custom("C", lambda model, inputs, targets: {"c": inputs[0]})(model, x)


@pytest.mark.parametrize(
    ("returned", "got"), [(0.0, r"shape \[\]"), (np.zeros((2, 8, 8)), r"shape \[2, 8, 8\]")]
)
def test_a_row_for_each_sample_is_wanted(returned: Any, got: str) -> None:
    with pytest.raises(TfexplainError, match=f"Own: .* one row for each of 6 samples; got {got}"):
        Custom("Own", lambda model, inputs, targets: returned)(small_cnn(), X)


def test_names_and_functions_are_checked() -> None:
    with pytest.raises(TfexplainError, match="title='my map': expected letters, digits"):
        Custom("my map", brightness)
    with pytest.raises(TfexplainError, match="function=3: expected a function"):
        Custom("Own", 3)  # type: ignore[arg-type]


def test_moving_statistics_and_seeds_are_put_back() -> None:
    model = keras.Sequential(
        [
            keras.Input((8, 8, 1)),
            keras.layers.BatchNormalization(),
            keras.layers.Dropout(0.5, seed=1),
            keras.layers.Flatten(),
            keras.layers.Dense(10),
        ]
    )
    before = [variable.numpy() for variable in model.variables]

    def trained(model: Any, inputs: Any, targets: Any) -> Any:
        model(inputs, training=True)
        changed = [
            not np.array_equal(v.numpy(), b) for v, b in zip(model.variables, before, strict=True)
        ]
        assert sum(changed) >= 3  # two statistics and a seed
        return inputs

    Custom("Trained", trained)(model, X)
    for variable, value in zip(model.variables, before, strict=True):
        assert np.array_equal(variable.numpy(), value), variable.path


def test_it_is_logged_on_the_clock_of_the_others(tmp_path: Path) -> None:
    epochs: list[Any] = []

    def weights(model: Any, inputs: Any, targets: Any) -> Any:
        """[N, 3, 3]: the first filter, the same for every sample."""
        kernel = model.get_layer("conv").kernel.numpy()[:, :, 0, 0]
        epochs.append(kernel)
        return np.tile(kernel, (len(targets), 1, 1))

    methods = [GradCAM(), Custom("Filter", weights)]
    callback = Explain(
        (X, Y), log_dir=tmp_path, explainers=methods, samples=2, on_error="raise", verbose=0
    )
    small_cnn().fit(X, Y, epochs=3, verbose=0, callbacks=[callback])
    run = read_run(tmp_path)
    for epoch in range(3):
        logged = run.record("map/Filter/input/1", epoch)
        np.testing.assert_allclose(logged.values, epochs[-3 + epoch], atol=1e-3)


def test_plain_functions_have_maps_too() -> None:
    def scored(x: Any) -> Any:
        return tf.reduce_sum(x, axis=(1, 2, 3))

    def twice(model: Any, inputs: Any, targets: Any) -> Any:
        assert np.allclose(model(inputs), scored(inputs))
        return 2 * inputs

    found = explain(scored, X, explainers=Custom("Twice", twice))["Twice"]
    assert np.array_equal(found.values, 2 * X)


def test_bytes_are_pictures_and_logged_as_they_are(tmp_path: Path) -> None:
    made: list[Any] = []

    def generated(model: Any, inputs: Any, targets: Any) -> Any:
        """What a generator gives for the samples' noise, uint8 [N, 6, 4, 3]."""
        made.append(
            np.random.default_rng(len(made)).integers(0, 256, (len(targets), 6, 4, 3), "u1")
        )
        return made[-1]

    model = keras.Sequential([keras.Input((5,)), keras.layers.Dense(3)])
    model.compile("sgd", "mse")
    noise = np.random.default_rng(0).normal(size=(4, 5)).astype("f4")
    method = Custom("Generated", generated)
    callback = Explain(
        noise, log_dir=tmp_path, explainers=[method], samples=4, on_error="raise", verbose=0
    )
    model.fit(noise, np.zeros((4, 3)), epochs=2, verbose=0, callbacks=[callback])
    run = read_run(tmp_path)
    for epoch in (0, 1):
        for sample in range(4):
            record = run.record(f"picture/Generated/input/{sample}", epoch)
            assert np.array_equal(record.values, made[-2 + epoch][sample])
    found = method(model, noise)
    assert found.kind == "picture"
    assert found.values.dtype == np.uint8
    shown = found.plot().subfigs[0].axes[2].images[0].get_array()
    assert np.array_equal(shown, found.values[2])
    found.save(tmp_path / "made.npz")
    assert Attribution.load(tmp_path / "made.npz").values.tobytes() == found.values.tobytes()


def test_grey_pictures_need_no_axis_of_colours() -> None:
    grey = Custom("Grey", lambda model, inputs, targets: np.full((6, 3, 2), 7, np.uint8))
    assert grey(small_cnn(), X).values.shape == (6, 3, 2, 1)
    with pytest.raises(TfexplainError, match=r"pictures uint8 .* got shape \[6, 3, 2, 2\]"):
        Custom("Two", lambda *_: np.zeros((6, 3, 2, 2), np.uint8))(small_cnn(), X)


def test_large_pictures_are_logged_smaller_as_large_maps_are(tmp_path: Path) -> None:
    tall = np.zeros((6, 1200, 600, 1), np.uint8)
    tall[:, ::2] = 200  # every other row, so that the mean of two rows is known
    callback = Explain(
        (X, Y),
        log_dir=tmp_path,
        explainers=Custom("Tall", lambda model, inputs, targets: tall[: len(targets)]),
        samples=2,
        on_error="raise",
        verbose=0,
    )
    small_cnn().fit(X, Y, epochs=1, verbose=0, callbacks=[callback])
    run = read_run(tmp_path)
    values = run.record("picture/Tall/input/0", 0).values
    assert values.shape == (600, 300, 1) == run.content("picture/Tall/input/0").shape
    assert (values == 100).all()
