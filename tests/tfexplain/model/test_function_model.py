"""Functions and .tflite files as models: the same numbers as the Keras model they come from."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support.models import digits, small_cnn
from support.tflite import convert
from support.twin import gap_to

from tfexplain import GradCAM, IntegratedGradients, Occlusion, Saliency
from tfexplain.model.function_model import FunctionModel
from tfexplain.model.layer_calls import LayerError
from tfexplain.model.tflite_model import TfliteModel
from tfexplain.model.trace_model import trace_model

X = digits(3)[0]
CLOSE = 1e-5


@pytest.fixture(scope="module")
def model() -> Any:
    return small_cnn()


def test_a_function_a_file_and_the_model_agree(model: Any, tmp_path: Path) -> None:
    path = tmp_path / "small.tflite"
    path.write_bytes(convert(model))
    method = Occlusion(window=2, stride=2, score="probability")
    wanted = method(model, X, 3)
    for other in (lambda x: model(x).numpy(), path, str(path), TfliteModel(path)):
        found = method(other, X, 3)
        assert gap_to(wanted.values, found.values) < 1e-3
        assert np.allclose(found.scores, wanted.scores, atol=CLOSE)


def test_the_predicted_class_is_the_default() -> None:
    scores = np.array([[0.0, 2.0, 1.0], [3.0, 0.0, 1.0]])
    found = Occlusion()(lambda x: x @ np.eye(3), scores)
    assert found.targets.tolist() == [1, 0]
    assert found.scores.tolist() == [2, 3]
    assert found.unit == "output"


def test_functions_that_return_a_number_a_sample() -> None:
    found = Occlusion()(lambda x: x.sum(axis=1), np.ones((2, 3)))
    assert found.values.tolist() == [[1, 1, 1]] * 2


def test_targets_may_be_a_function_of_the_outputs() -> None:
    found = Occlusion()(lambda x: x, np.array([[1.0, 4.0]]), lambda y: y[:, 1] - y[:, 0])
    assert found.values.tolist() == [[-1, 4]]


def test_the_function_gets_the_structure_of_the_batch() -> None:
    seen = []

    def function(x: Any) -> Any:
        seen.append(x)
        return x[0].sum(axis=1) + x[1]["deep"].sum(axis=1)

    batch = [np.ones((2, 2), "float32"), {"deep": np.ones((2, 1), "float32")}]
    traced_model = trace_model(function, batch)
    assert isinstance(traced_model, FunctionModel)
    Occlusion().each(function, batch)
    assert all(isinstance(x[1]["deep"], np.ndarray) for x in seen)
    assert isinstance(seen[0], list)


@pytest.mark.parametrize("method", [Saliency(), IntegratedGradients(), GradCAM(), GradCAM("conv")])
def test_gradient_methods_say_why_they_cannot_work(method: Any, model: Any) -> None:
    with pytest.raises(
        (ValueError, LayerError), match=r"has no (gradient|layers) that .* KernelSHAP, LIME"
    ):
        method(lambda x: model(x).numpy(), X, 0)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ("model.h5", r"model='model\.h5': expected a model, a function, or the path"),
        (object(), "model=object: expected a Keras model, a function"),
        (lambda x: x[:0], r"expected one row of numbers for each of 1 samples"),
        (lambda x: "text", r"expected one row of numbers"),
        (lambda x: 1 / 0, r"could not be called on one sample.*division by zero"),
    ],
)
def test_what_is_no_model_is_refused(wrong: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Occlusion()(wrong, np.ones((2, 3)))
