"""The same samples as arrays, tensors and datasets, at once and in portions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
import tf_keras
from support.models import digits, small_cnn

from tfexplain import Attribution, FeatureMaps, GradCAM, IntegratedGradients, Occlusion, Saliency
from tfexplain.attribution import BY_SAMPLE
from tfexplain.explainers import Explainer, concat
from tfexplain.explainers.base import Context
from tfexplain.explainers.concat import Explanation
from tfexplain.explainers.run import explanations
from tfexplain.model.keras_model import KerasModel
from tfexplain.model.outputs import TargetError
from tfexplain.model.shared_pass import LayerReads
from tfexplain.model.traced_model import TracedModel

X, Y = digits(10)
METHODS = [FeatureMaps(), GradCAM(), Saliency(), IntegratedGradients(steps=4)]


@pytest.fixture(scope="module")
def model() -> Any:
    return small_cnn()


def dataset(*parts: Any, size: int = 4) -> tf.data.Dataset:
    return tf.data.Dataset.from_tensor_slices(parts if len(parts) > 1 else parts[0]).batch(size)


def sequence(base: Any, size: int) -> Any:
    class Batches(base):  # type: ignore[misc]
        def __len__(self) -> int:
            return -(-len(X) // size)

        def __getitem__(self, i: int) -> Any:
            return X[i * size : (i + 1) * size], Y[i * size : (i + 1) * size]

    return Batches()


def check_bits(one: list[Explanation], other: list[Explanation]) -> None:
    """Equal in every field, to the bit."""
    for a, b in zip(one, other, strict=True):
        assert a.attributions.keys() == b.attributions.keys()
        assert np.array_equal(a.outputs, b.outputs)
        for place in a.attributions:
            for field in fields(Attribution):
                ours, theirs = (getattr(e.attributions[place], field.name) for e in (a, b))
                assert type(ours) is type(theirs), field.name
                assert np.array_equal(ours, theirs), field.name


@pytest.mark.parametrize(
    "make",
    [
        lambda: dataset(X),
        lambda: dataset(X, Y),
        lambda: dataset(X, Y, np.ones(10)),
        lambda: sequence(keras.utils.PyDataset, 4),
        lambda: sequence(tf_keras.utils.Sequence, 4),
        lambda: tf.constant(X),
    ],
    ids=["x", "x-y", "x-y-weights", "PyDataset", "Sequence", "tensor"],
)
def test_all_forms_give_the_same_bits(make: Callable[[], Any], model: Any) -> None:
    plain = explanations(model, METHODS, X, batch_size=4)
    check_bits(plain, explanations(model, METHODS, make(), batch_size=4))
    assert len(plain[0].attributions["conv"].values) == len(X)


def test_portions_are_the_whole_up_to_rounding(model: Any) -> None:
    whole = explanations(model, METHODS, X, Y)
    portions = explanations(model, METHODS, X, Y, batch_size=3)
    for a, b in zip(whole, portions, strict=True):
        for place, one in a.attributions.items():
            scale = np.abs(one.values).max()
            assert scale > 0
            assert np.allclose(one.values, b.attributions[place].values, atol=1e-5 * scale)
            assert np.array_equal(one.targets, b.attributions[place].targets)
        assert np.allclose(a.outputs, b.outputs, atol=1e-6)


def test_labels_of_a_dataset_are_targets_only_when_asked(model: Any) -> None:
    data, predicted = dataset(X, Y), model.predict(X, verbose=0).argmax(1)
    assert (predicted != Y).any()
    for asked, expected in ((None, predicted), ("predicted", predicted), ("label", Y), (3, 3)):
        assert (Saliency()(model, data, asked).targets == expected).all()
    one_hot = keras.utils.to_categorical(Y, 10)
    assert (Saliency()(model, dataset(X, one_hot), "label").targets == Y).all()


def test_targets_by_sample_go_with_the_rows_of_a_dataset(model: Any) -> None:
    targets = (Y + 1) % 10
    assert (GradCAM()(model, dataset(X), targets).targets == targets).all()
    one_hot = keras.utils.to_categorical(targets, 10)
    assert (GradCAM()(model, dataset(X), one_hot).targets == targets).all()


@pytest.mark.parametrize(
    ("inputs", "targets", "message"),
    [
        (lambda: X, "label", r"targets='label': expected a dataset of \(x, y\) .*output 'output0'"),
        (lambda: dataset(X), "label", r"targets='label': expected a dataset of \(x, y\)"),
        (lambda: dataset(X, Y + 9), "label", r"targets='label': expected labels in 0\.\.9"),
        (lambda: dataset(X), "lable", "targets='lable': expected 'label', 'predicted', class"),
        (lambda: dataset(X), Y[:7], "targets: expected one a sample; got 7 for 8 or more"),
        (lambda: dataset(X), [*Y, 1], "targets: expected one a sample; got 11 for 10"),
        (lambda: X, Y[:7], "targets: expected 10 of them"),
    ],
)
def test_targets_that_do_not_fit(inputs: Any, targets: Any, message: str, model: Any) -> None:
    with pytest.raises(TargetError, match=message):
        explanations(model, [Saliency()], inputs(), targets)


def test_data_that_cannot_be_explained(model: Any) -> None:
    with pytest.raises(ValueError, match="inputs: expected at least one sample; the dataset is"):
        Saliency()(model, dataset(X).take(0))
    with pytest.raises(ValueError, match="batch_size=0: expected a whole number of at least 1"):
        Saliency()(model, X, batch_size=0)
    lines = keras.Sequential([keras.Input((None, 2)), keras.layers.GlobalMaxPooling1D()])
    ragged = tf.data.Dataset.from_generator(
        lambda: (np.ones((2, n, 2), "f4") for n in (3, 4)),
        output_signature=tf.TensorSpec((2, None, 2)),
    )
    with pytest.raises(ValueError, match="expected samples of one shape in all batches; Saliency"):
        Saliency()(lines, ragged)


def test_baselines_by_sample_go_with_their_samples(model: Any) -> None:
    base = np.random.default_rng(0).random(X.shape, np.float32)
    for method in (
        IntegratedGradients(steps=3, baseline=base),
        Occlusion(window=4, stride=4, baseline=base),
    ):
        whole = method(model, X, 1).values
        for inputs, size in ((X, 3), (dataset(X), None), (dataset(X), 1)):
            found = method(model, inputs, 1, batch_size=size).values
            assert np.allclose(whole, found, atol=1e-5 * np.abs(whole).max())
    with pytest.raises(ValueError, match="baseline: expected a finite number, or an array"):
        IntegratedGradients(baseline=base[:7])(model, X, batch_size=7)


def test_a_channel_is_dead_if_it_is_in_all_portions() -> None:
    layers = keras.layers
    conv = layers.Conv2D(2, 1, name="conv")
    model = keras.Sequential([keras.Input((1, 1, 2)), conv, layers.Flatten(), layers.Dense(2)])
    conv.set_weights([np.eye(2).reshape(1, 1, 2, 2), np.zeros(2)])
    # Channel 0 is above zero in the last sample only, channel 1 nowhere; 1 is below in the first.
    x = np.array([[0, -1], [0, 0], [2, 0]], "f4").reshape(3, 1, 1, 2)
    for size in (1, 2, 3):
        found = FeatureMaps(["conv"])(model, dataset(x, size=size))["conv"]
        assert found.dead is not None
        assert found.dead.tolist() == [False, True]
        assert found.signed


def test_every_field_is_joined_one_way_or_the_other() -> None:
    """A new field of `Attribution` must be entered where portions are joined."""
    of_all = {"layer", "explainer", "unit", "signed", "channel_axis", "channels", "dead"}
    of_all |= {"total_channels", "attention_heads", "word_step", "word_offsets", "word_note"}
    assert {field.name for field in fields(Attribution)} == of_all | set(BY_SAMPLE)


def test_some_samples_of_an_explanation(model: Any) -> None:
    (found,) = explanations(model, [IntegratedGradients(steps=4)], X)
    some = concat.chosen(found, np.array([7, 2]))
    one, all_ = some.attributions["input"], found.attributions["input"]
    assert np.array_equal(one.values, all_.values[[7, 2]])
    assert np.array_equal(one.scores, all_.scores[[7, 2]])
    assert one.completeness_gap is not None
    assert len(one.completeness_gap) == len(some.outputs) == 2


@dataclass(frozen=True, eq=False)
class Ranks(Explainer):
    """Compares samples with each other, and notes how many it saw and where they stand."""

    @property
    def needs_all_samples(self) -> bool:
        return True

    def plan(self, _: TracedModel, targets: Any = None) -> LayerReads:
        return LayerReads()

    def attributions(self, context: Context, reduced: dict[str, Any]) -> dict[str, Attribution]:
        scores, targets = context.result.scores, context.result.targets
        ranks = scores.argsort().argsort().astype(np.float32)
        assert context.sample_range.start == 0
        return {"input": Attribution(ranks, targets, scores, "input", self.name, "rank", False)}


def test_what_compares_samples_sees_them_all(model: Any) -> None:
    for inputs, size in ((X, 3), (dataset(X, Y), None), (dataset(X, Y), 2)):
        alone, beside = explanations(model, [Ranks(), Saliency()], inputs, 1, batch_size=size)
        assert sorted(alone.attributions["input"].values) == list(range(10))
        assert len(beside.attributions["input"].values) == 10
    (found,) = explanations(model, [Ranks()], dataset(X, Y), "label")
    assert (found.attributions["input"].targets == Y).all()


def test_memory_is_bounded_by_the_portion(model: Any) -> None:
    """No chunk that runs through the model has more rows than were asked for."""
    traced_model = KerasModel(model, tf.constant(X))
    explanations(model, [GradCAM(), Saliency()], X, traced_model=traced_model, batch_size=3)
    sizes = {f.structured_input_signature[0][0].shape[0] for f in traced_model.compiled.values()}
    assert sizes == {3, 1}
