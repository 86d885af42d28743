"""Every exported explainer on every kind of model it claims, over arrays, tensors and datasets.

`test_every_model` checks what the values are; this one that all of them can be had, of all forms of
data, to the bit, and that what is not claimed is refused.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
import tf_keras
from support import transformers, zoo
from support.models import same_bits

from tfexplain import Attribution, explainers
from tfexplain.explainers import Explainer
from tfexplain.explainers.concat import Explanation
from tfexplain.explainers.run import explanations
from tfexplain.model.keras_model import KerasModel
from tfexplain.model.traced_model import TracedModel

# No explainers of samples.
APART = {
    "ActivationMaximization",
    "OptimizedInputs",
    "Explainer",
    "Explanations",
    "Context",
    "LayerReads",
    "explain",
}
COUNT = 4


def table(_: Any) -> tuple[Any, Any]:
    layers = [keras.layers.Dense(6, activation="tanh"), keras.layers.Dense(3)]
    return keras.Sequential([keras.Input((5,)), *layers]), zoo.batch(5, count=COUNT)


def mixed_precision(_: Any) -> tuple[Any, Any]:
    keras.mixed_precision.set_dtype_policy("mixed_float16")
    try:
        return of_zoo(zoo.sequential)(keras)
    finally:
        keras.mixed_precision.set_dtype_policy("float32")


def of_zoo(make: Callable[[Any], zoo.Specimen], library: Any = keras) -> Callable[[Any], Any]:
    def made(_: Any) -> tuple[Any, Any]:
        kind = make(library)
        twice = tf.nest.map_structure(lambda x: np.concatenate([x, x[::-1]]), kind.inputs)
        return kind.model, twice

    return made


KINDS: Mapping[str, Callable[[Any], tuple[Any, Any]]] = {
    "image": of_zoo(zoo.sequential),
    "line": of_zoo(zoo.line),
    "volume": of_zoo(zoo.volume),
    "table": table,
    "text": of_zoo(zoo.words),
    "vit": of_zoo(transformers.class_token),
    "inputs": of_zoo(zoo.several_inputs),
    "nested": of_zoo(zoo.nested),
    "tf_keras": of_zoo(zoo.sequential, tf_keras),
    "mixed": mixed_precision,
}
ALL = frozenset(KINDS)
FLOATING = ALL - {"text"}
POSITIONS = ALL - {"table"}


@dataclass(frozen=True)
class ExplainerRow:
    """An explainer, cheap settings, the kinds of model it claims, and where its values lie."""

    name: str
    kinds: frozenset[str]
    at: str = "input"
    settings: Mapping[str, Any] = field(default_factory=dict)

    def make(self) -> Explainer:
        """A new one, so that a random state that is kept would show."""
        given = {k: v() if callable(v) else v for k, v in self.settings.items()}
        found: Explainer = getattr(explainers, self.name)(**given)
        return found


def first_values(model: Any, inputs: Any, targets: Any) -> Any:
    """What a user's function may return: here the first input itself."""
    assert model is not None
    assert (targets == 1).all()
    return tf.nest.flatten(inputs)[0]


ROWS = [
    ExplainerRow("Attention", frozenset({"vit"}), "layer"),
    ExplainerRow("AttentionRollout", frozenset({"vit"}), "layer"),
    ExplainerRow("Custom", ALL, settings={"title": "Values", "function": lambda: first_values}),
    ExplainerRow("ExpectedGradients", ALL, settings={"draws": 4}),
    ExplainerRow("FeatureAblation", ALL),
    ExplainerRow("FeatureMaps", POSITIONS, "layer", {"max_channels": 2}),
    ExplainerRow("GradCAM", POSITIONS, "layer", {"relu": False}),
    ExplainerRow("GradCAMPlusPlus", POSITIONS, "layer", {"relu": False}),
    ExplainerRow("GradientAttention", frozenset({"vit"}), "layer"),
    ExplainerRow("HiResCAM", POSITIONS, "layer", {"relu": False}),
    ExplainerRow("InputXGradient", ALL),
    ExplainerRow("IntegratedGradients", ALL, settings={"steps": 2}),
    ExplainerRow("KernelSHAP", ALL, settings={"coalitions": 256}),
    ExplainerRow("LIME", ALL, settings={"masks": 16}),
    ExplainerRow("LayerCAM", POSITIONS, "layer", {"relu": False}),
    ExplainerRow("Occlusion", ALL),
    ExplainerRow("PermutationImportance", frozenset({"table", "text", "inputs"})),
    ExplainerRow("RISE", FLOATING, settings={"masks": 8}),
    ExplainerRow("Saliency", ALL),
    ExplainerRow("ScoreCAM", POSITIONS - {"text"}, "layer", {"max_channels": 2, "softmax": False}),
    ExplainerRow("Smooth", FLOATING, settings={"explainer": explainers.Saliency, "copies": 2}),
    ExplainerRow("SmoothGrad", FLOATING, settings={"copies": 2}),
    ExplainerRow("VarGrad", FLOATING, settings={"copies": 2}),
]
EXPORTED = [name for name in explainers.__all__ if name not in APART]
HERE = [row for row in ROWS if row.name in EXPORTED]


def test_every_exported_explainer_has_a_row() -> None:
    assert sorted(EXPORTED) == sorted(row.name for row in HERE)


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_all_that_claim_it(kind: str) -> None:
    keras.utils.set_random_seed(3)
    model, x = KINDS[kind](None)
    rows = [row for row in HERE if kind in row.kinds]
    before = [np.array(w) for w in model.get_weights()], random_state()
    plain = run(rows, model, x)
    check_bits(plain, run(rows, model, tf.nest.map_structure(tf.constant, x)))
    check_bits(plain, run(rows, model, tf.data.Dataset.from_tensor_slices(x).batch(2)))
    assert same_bits(before[0], model.get_weights())
    assert before[1] == random_state()
    traced_model = KerasModel(model, tf.nest.map_structure(tf.constant, x))
    named = dict(zip(traced_model.input_names, tf.nest.flatten(x), strict=True))
    for row, found in zip(rows, plain, strict=True):
        # An input may count linearly, and so have no variance; not all of them.
        assert max(np.abs(one.values).max() for one in found.attributions.values()) > 0, row.name
        for place, one in found.attributions.items():
            check(row, place, one, named, traced_model)


@pytest.mark.parametrize("kind", ["image", "table"])
def test_portions_change_nothing_but_the_last_bits(kind: str) -> None:
    """Draws and baselines go by the sample, not by the portion that it is in."""
    keras.utils.set_random_seed(3)
    model, x = KINDS[kind](None)
    rows = [row for row in HERE if kind in row.kinds]
    whole = explanations(model, [row.make() for row in rows], x, 1)
    for row, one, other in zip(rows, whole, run(rows, model, x), strict=True):
        for place, found in one.attributions.items():
            scale = np.abs(found.values).max()
            theirs = other.attributions[place].values
            assert np.allclose(found.values, theirs, rtol=0, atol=1e-4 * scale), row.name


def run(rows: list[ExplainerRow], model: Any, inputs: Any) -> list[Explanation]:
    """In portions of two, so that arrays are cut as the dataset is."""
    return explanations(model, [row.make() for row in rows], inputs, 1, batch_size=2)


def check(
    row: ExplainerRow,
    place: str,
    one: Attribution,
    inputs: Mapping[str, Any],
    traced_model: TracedModel,
) -> None:
    """Shapes, numbers and names that make sense."""
    assert one.layer == place
    assert one.values.dtype == np.float32, row.name
    assert len(one.values) == len(one.scores) == len(one.targets) == COUNT, row.name
    assert np.isfinite(one.values).all(), row.name
    assert (one.targets == 1).all()
    for name in ("completeness_gap", "error", "passes"):
        extra = getattr(one, name)
        assert extra is None or extra.shape == (COUNT,), (row.name, name)
    if row.at == "input":
        shape = inputs[place].shape
        assert one.values.shape in (shape, shape[:-1], (shape[0], *shape[2:])), row.name
    else:
        assert place in {call.path for call in traced_model.layer_calls}, row.name
        assert one.values.ndim >= 2


def check_bits(one: list[Explanation], other: list[Explanation]) -> None:
    """Equal in every field, to the bit."""
    for a, b in zip(one, other, strict=True):
        assert list(a.attributions) == list(b.attributions)
        for place, ours in a.attributions.items():
            for part in fields(Attribution):
                mine, theirs = (getattr(o, part.name) for o in (ours, b.attributions[place]))
                assert np.array_equal(mine, theirs), (ours.explainer, place, part.name)


def random_state() -> bytes:
    """Of the generators that everybody shares."""
    return np.random.get_state()[1].tobytes()  # type: ignore[index,union-attr]


UNCLAIMED = [(row, kind) for row in HERE for kind in sorted(ALL - row.kinds)]
# Any kind without attention will do.
FEW = [(row, kind) for row, kind in UNCLAIMED if len(row.kinds) > 3 or kind in ("image", "line")]


@pytest.mark.parametrize(("row", "kind"), [pytest.param(r, k, id=f"{r.name}-{k}") for r, k in FEW])
def test_what_is_not_claimed_is_refused_with_a_reason(row: ExplainerRow, kind: str) -> None:
    model, x = KINDS[kind](None)
    with pytest.raises(ValueError, match=r"^(inputs|layer|layers)\b.*\."):
        run([row], model, x)
