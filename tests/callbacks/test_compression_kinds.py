"""`Compression` on every kind of compressed model, trained for real.

What a layer computes with is asked of the layer itself: an identity matrix goes through it.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tf_keras
from support.models import digits
from support.read import read_run

from tfexplain import Compression
from tfexplain.wire.schema import Kernels

# Where tfmot cannot be installed, there is nothing of it to read.
tfmot: Any = pytest.importorskip("tensorflow_model_optimization")

pytestmark = [
    # tfmot still asks TensorFlow for modules by their old names.
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:Layer .* does not have a `quantize` method:UserWarning"),
    # Dense quantized for gptq and awq trains its bias only; Keras names what has no gradient.
    pytest.mark.filterwarnings("ignore:Gradients do not exist:UserWarning"),
]


def network(library: Any) -> Any:
    library.utils.set_random_seed(5)
    layers = library.layers
    return library.Sequential(
        [
            layers.Input((64,)),
            layers.Dense(16, activation="relu", use_bias=False, name="hidden"),
            layers.Dense(10, name="head"),
        ]
    )


def pruned(**options: Any) -> Callable[[], Any]:
    schedule = tfmot.sparsity.keras.PolynomialDecay(0.2, 0.75, 0, 6, frequency=1)
    options = {"pruning_schedule": schedule, **options}
    return lambda: tfmot.sparsity.keras.prune_low_magnitude(network(tf_keras), **options)


def two_of_four() -> Any:
    constant = tfmot.sparsity.keras.ConstantSparsity(0.5, 0, frequency=1)
    return pruned(pruning_schedule=constant, sparsity_m_by_n=(2, 4))()


def stripped() -> Any:
    model = pruned()()
    train(model)
    return tfmot.sparsity.keras.strip_pruning(model)


def quantization_aware() -> Any:
    return tfmot.quantization.keras.quantize_model(network(tf_keras))


def clustered() -> Any:
    start = tfmot.clustering.keras.CentroidInitialization.LINEAR
    return tfmot.clustering.keras.cluster_weights(
        network(tf_keras), number_of_clusters=8, cluster_centroids_init=start
    )


def quantized(mode: str) -> Callable[[], Any]:
    def make() -> Any:
        model = network(keras)
        model.quantize(mode)
        return model

    return make


def uncalibrated(mode: str) -> Callable[[], Any]:
    """Keras' calibration wants text and a tokenizer; before it, the layer computes in float."""

    def make() -> Any:
        model = network(keras)
        config = {"gptq": keras.quantizers.GPTQConfig, "awq": keras.quantizers.AWQConfig}[mode]
        model.get_layer("hidden").quantize(mode, config=config(dataset=None, tokenizer=None))
        return model

    return make


def with_lora() -> Any:
    model = network(keras)
    model.get_layer("hidden").enable_lora(2)
    return model


def masked_by_hand() -> Any:
    """A mask that lives in the model's own layer."""

    class Masked(keras.layers.Dense):  # type: ignore[misc]
        def call(self, inputs: Any) -> Any:
            return keras.ops.relu(keras.ops.matmul(inputs, self.kernel))

    model = keras.Sequential([keras.Input((64,)), Masked(16, use_bias=False, name="hidden")])
    kernel = model.layers[-1].kernel.numpy()
    kernel[::3] = 0
    model.layers[-1].kernel.assign(kernel)
    model.layers[-1].trainable = False
    model.add(keras.layers.Dense(10, name="head"))
    return model


def train(model: Any, *callbacks: Any) -> None:
    library = keras if isinstance(model, keras.Model) else tf_keras
    x, y = digits(96)
    loss = library.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile("adam", loss)
    if any(type(layer).__name__ == "PruneLowMagnitude" for layer in model.layers):
        callbacks = (tfmot.sparsity.keras.UpdatePruningStep(), *callbacks)
    model.fit(x.reshape(-1, 64), y, 32, 3, verbose=0, callbacks=list(callbacks))


KINDS: dict[str, tuple[Callable[[], Any], str]] = {
    "plain Keras 3": (lambda: network(keras), "float"),
    "plain tf_keras": (lambda: network(tf_keras), "float"),
    "prune_low_magnitude": (pruned(), "pruning"),
    "strip_pruning": (stripped, "float"),
    "2:4": (two_of_four, "pruning"),
    "quantization-aware": (quantization_aware, "qat"),
    "clustered": (clustered, "clustering"),
    "int8": (quantized("int8"), "int8"),
    "int4": (quantized("int4"), "int4"),
    "float8": (quantized("float8"), "float8"),
    "gptq": (uncalibrated("gptq"), "gptq"),
    "awq": (uncalibrated("awq"), "awq"),
    "LoRA": (with_lora, "float"),
    "masked by hand": (masked_by_hand, "float"),
}


def hidden(record: Kernels) -> tuple[dict[str, str], dict[str, float]]:
    """The row of the hidden layer, and what is known of it."""
    found = [i for i, row in enumerate(record.rows) if "hidden" in row["name"]]
    assert len(found) == 1
    values = dict(zip(record.metrics, record.values[found[0]].tolist(), strict=True))
    return dict(record.rows[found[0]]), {k: v for k, v in values.items() if not np.isnan(v)}


def probed(model: Any) -> np.ndarray:
    """[64, 16]: what the hidden layer computes with, and a ReLU afterwards tells nothing of signs:
    an identity and its negative go through."""
    layer = next(layer for layer in model.layers if "hidden" in layer.name)
    positive, negative = (
        np.asarray(layer(sign * np.eye(64, dtype=np.float32), training=False)) for sign in (1, -1)
    )
    return positive - negative


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_logged_is_what_the_layer_computes_with(kind: str, tmp_path: Path) -> None:
    make, mode = KINDS[kind]
    model = make()
    train(model, Compression(log_dir=tmp_path, verbose=False, on_error="raise"))
    record = read_run(tmp_path, "compression").record("kernels")
    row, found = hidden(record)
    assert row["mode"] == mode
    assert (row["wrapper"] != "") == (mode in ("pruning", "qat", "clustering"))
    assert found["weights"] == 64 * 16
    if mode == "qat":
        # Its outputs are rounded as well, so no probe comes through; test_wrappers.py has another.
        assert found["sqnr"] > 20
        return
    kernel = probed(model)
    assert found["sparsity"] == np.mean(kernel == 0)
    assert found["low"] == pytest.approx(kernel.min(), rel=2e-6)
    assert found["high"] == pytest.approx(kernel.max(), rel=2e-6)
    if mode == "pruning":
        assert found["mask_sparsity"] >= 0.5
        assert found["leak"] == 0
    if kind == "2:4":
        assert found["nm_compliance"] == 1
    if mode == "clustering":
        assert len(np.unique(np.round(kernel, 6))) <= 8
