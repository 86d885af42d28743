"""The second class of wrong samples: its maps, their cost, and training as without them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from support.models import digits, same_bits
from support.read import Run, read_run
from support.tracing import Counting, Noting

import tfexplain.explainers.run
from tfexplain import Explain, FeatureMaps, GradCAM, IntegratedGradients, Saliency

X, Y = digits()
METHODS = {
    "GradCAM": ("conv", GradCAM("conv")),
    "Saliency": ("input", Saliency()),
}
SAMPLES = 6


def network(units: int = 10, activation: str = "softmax", **settings: Any) -> Any:
    keras.utils.set_random_seed(2)
    layers = keras.layers
    model = keras.Sequential(
        [
            keras.Input((8, 8, 1), name="input"),
            layers.Conv2D(6, 3, activation="relu", name="conv"),
            Counting(),
            layers.Dropout(0.2),
            layers.Flatten(),
            layers.Dense(units, activation=activation, name="head"),
        ]
    )
    loss = settings.pop("loss", "sparse_categorical_crossentropy")
    model.compile(keras.optimizers.Adam(0.003), loss, **settings)
    return model


def fit(log_dir: Path, epochs: int = 3, labels: Any = Y, model: Any = None, **settings: Any) -> Any:
    model = model or network()
    shown = {"samples": SAMPLES, "verbose": 0, "on_error": "raise", "write_images": False}
    explain = Explain((X, labels), log_dir=log_dir, **(shown | settings))
    model.fit(X, labels, epochs=epochs, verbose=0, callbacks=[explain])
    return model


def wrong(run: Run, step: int | None = None) -> dict[int, int]:
    """The predicted classes of the samples that are wrong, by sample."""
    labels = run.record("samples").labels
    predicted = run.record("predictions", step).predicted
    return {i: int(p) for i, p in enumerate(predicted) if p != labels[i]}


def test_wrong_samples_have_the_map_of_the_predicted_class_as_the_library_makes_it(
    tmp_path: Path,
) -> None:
    explainers = [e for _, e in METHODS.values()] + [IntegratedGradients(steps=4), FeatureMaps()]
    model = fit(tmp_path, explainers=explainers)
    run = read_run(tmp_path)
    predicted, rows = wrong(run), run.record("samples").rows
    assert 0 < len(predicted) < SAMPLES, "the test needs right and wrong samples"
    for name, (layer, explainer) in METHODS.items():
        records = run.maps(name, layer)
        assert {i for i, record in enumerate(records) if record.other} == set(predicted)
        for i, class_index in predicted.items():
            own = explainer(model, X[rows[i]][None], [class_index])
            other = records[i].other
            assert other.target == class_index
            np.testing.assert_allclose(other.score, own.scores[0], rtol=1e-5)
            # Stored as float16 of the largest value.
            largest = abs(own.maps).max()
            np.testing.assert_allclose(other.values, own.maps[0], atol=largest * 2**-11)
    assert all(r.other is None for r in run.maps("IntegratedGradients", "input"))


def test_maps_before_they_are_stored_equal_the_library_s_to_rounding(tmp_path: Path) -> None:
    model = fit(tmp_path, explainers=[GradCAM("conv"), Saliency()])
    labels = Y[:SAMPLES].astype(np.int32)
    traced = tfexplain.explainers.run.trace_model(model, X[:SAMPLES])
    output = traced.model_outputs[0]
    true = tfexplain.explainers.run.TrueClasses(output, labels)
    wanted = [(explainer, labels) for _, explainer in METHODS.values()]
    batch = tfexplain.explainers.run.as_batch(X[:SAMPLES], model)
    found = tfexplain.explainers.run.explain_all(wanted, traced, batch, true=true)
    predicted = model.predict(X[:SAMPLES], verbose=0).argmax(1)
    assert (predicted != labels).any()
    for explanation, (layer, explainer) in zip(found, METHODS.values(), strict=True):
        assert explanation.others is not None
        other, own = explanation.others[layer], explainer(model, X[:SAMPLES], predicted)
        np.testing.assert_array_equal(other.targets, predicted)
        largest = abs(own.values).max()
        np.testing.assert_allclose(other.values, own.values, atol=1e-6 * largest)
    # In parts, of which some have no wrong sample, as all at once.
    parts = tfexplain.explainers.run.explain_all(wanted, traced, batch, 1, true=true)
    for whole, part in zip(found, parts, strict=True):
        for layer, attribution in (whole.others or {}).items():
            assert part.others is not None
            values = part.others[layer].values
            np.testing.assert_allclose(values, attribution.values, atol=1e-5)


def test_right_samples_take_no_byte_more_and_no_pass(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    passes: list[int] = []
    shared = tfexplain.explainers.run.shared_pass

    def counted(*arguments: Any) -> Any:
        passes.append(1)
        return shared(*arguments)

    monkeypatch.setattr(tfexplain.explainers.run, "shared_pass", counted)
    model = network()
    model.fit(X, Y, epochs=150, verbose=0)
    fit(tmp_path / "right", epochs=2, model=model, explainers=GradCAM("conv"))
    run = read_run(tmp_path / "right")
    assert wrong(run, 0) == wrong(run, 1) == {}
    assert len(passes) == 3, "one before training, one an epoch"
    assert all(record.other is None for record in run.maps("GradCAM", "conv"))
    sizes = {
        len(data[0])
        for tag, steps in run.values.items()
        for data in steps.values()
        if tag.startswith("map/")
    }
    assert max(sizes) <= 2 * 36 + 400
    passes.clear()
    fit(tmp_path / "wrong", epochs=2, explainers=GradCAM("conv"))
    run = read_run(tmp_path / "wrong")
    assert wrong(run, 0)
    assert wrong(run, 1)
    assert len(passes) == 6, "each with a second one, of the same function"


def test_nothing_is_traced_after_the_first_epoch(tmp_path: Path) -> None:
    model, noting = network(), Noting()
    methods = [FeatureMaps(), GradCAM("conv"), Saliency()]
    explain = Explain((X, Y), log_dir=tmp_path, explainers=methods, samples=SAMPLES, verbose=0)
    model.fit(X, Y, epochs=30, verbose=0, callbacks=[explain, noting])
    run = read_run(tmp_path)
    numbers = {len(wrong(run, step)) for step in range(30)}
    assert len(numbers) > 2, "the number of wrong samples has to change"
    assert len(set(noting.counts)) == 1


def test_training_is_the_same_to_the_bit(tmp_path: Path) -> None:
    model = fit(tmp_path, explainers=[GradCAM("conv"), Saliency()])
    run = read_run(tmp_path)
    assert wrong(run)
    said = (
        "GradCAM, Saliency of the predicted class as well: 6 more passes in an epoch that has any, "
        "6.2% of training's"
    )
    assert run.record("samples").settings["wrong samples"] == said
    plain = network()
    plain.fit(X, Y, epochs=3, verbose=0)
    assert same_bits(model.get_weights(), plain.get_weights())


def test_where_predictions_are_explained_the_second_class_is_the_true_one(tmp_path: Path) -> None:
    fit(tmp_path, explainers=GradCAM("conv"), targets="predicted")
    run = read_run(tmp_path)
    predicted, labels = wrong(run), run.record("samples").labels
    assert predicted
    for i, record in enumerate(run.maps("GradCAM", "conv")):
        assert (record.other.target if record.other else None) == (
            labels[i] if i in predicted else None
        )


def test_one_output_of_two_classes(tmp_path: Path) -> None:
    labels = (Y > 4).astype(np.int32)
    model = network(1, "sigmoid", loss="binary_crossentropy")
    fit(tmp_path, 1, labels, model, explainers=Saliency(), samples=12)
    others = [(r.target, r.other, r.values) for r in read_run(tmp_path).maps("Saliency", "input")]
    found = [one for one in others if one[1]]
    assert 0 < len(found) < 12
    for target, other, values in found:
        assert {target, other.target} == {0, 1}
        # The other class' logit is the negated one.
        np.testing.assert_array_equal(other.values, -values)


OTHERS: dict[str, dict[str, Any]] = {
    "a class that was asked for": {"targets": 3},
    "a function": {"targets": lambda outputs: outputs[:, 1]},
}


@pytest.mark.parametrize("case", OTHERS)
def test_a_number_that_was_asked_for_has_no_second_class(case: str, tmp_path: Path) -> None:
    fit(tmp_path, 1, explainers=GradCAM("conv"), **OTHERS[case])
    run = read_run(tmp_path)
    assert wrong(run)
    assert all(record.other is None for record in run.maps("GradCAM", "conv"))


def test_labels_that_do_not_exclude_each_other_have_no_second_class(tmp_path: Path) -> None:
    labels = np.eye(10)[Y] + np.eye(10)[(Y + 1) % 10]
    model = network(10, "sigmoid", loss="binary_crossentropy")
    fit(tmp_path, 1, labels, model, explainers=GradCAM("conv"))
    run = read_run(tmp_path)
    assert all(record.other is None for record in run.maps("GradCAM", "conv"))
    assert "wrong samples" not in run.record("samples").settings
