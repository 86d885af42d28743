"""Train a small network on handwritten digits, quantize it to int8 and int4, see what that cost.

Keras 3 quantizes after training, by `model.quantize`, the dense layers of a model; convolutions
stay float. For each mode this prints accuracy and size, and for each layer the bits that a weight
really takes, scales included, and how far the weights are from what they were: SQNR, the energy of
the weights over that of the error, in dB. 6 dB less is one bit less.

    python examples/quantization.py [--log-dir DIR] [--epochs N]
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import keras
from digits import CLASSES, Images, Labels, load

from tfexplain import Compression, Explain, compare
from tfexplain.compression import measure_all, read, total

MODES = ("int8", "int4")


def main(arguments: Sequence[str] | None = None) -> None:
    """Train, quantize two copies, print a table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n\n")[0])
    parser.add_argument(
        "--log-dir", type=Path, default=Path("logs/quantization"), help="default: %(default)s"
    )
    parser.add_argument("--epochs", type=int, default=10, help="default: %(default)s")
    options = parser.parse_args(arguments)

    (images, labels), val = load()
    model = network()
    callbacks = [
        Explain(val, log_dir=options.log_dir / "training", class_names=CLASSES),
        Compression(val, log_dir=options.log_dir / "training"),
    ]
    model.fit(
        images, labels, validation_data=val, epochs=options.epochs, callbacks=callbacks, verbose=2
    )

    models = {"float": model, **{mode: quantized(model, mode) for mode in MODES}}
    print(
        f"\n{'model':<8}{'layer':<10}{'mode':<8}{'bits':>6}{'bytes':>9}{'SQNR':>10}{'accuracy':>11}"
    )
    for name, one in models.items():
        report(name, one, model, val)
    # The same images through all three, and how far their maps are from those of the first.
    print(compare(models, validation_data=val, log_dir=options.log_dir, class_names=CLASSES))


def network() -> Any:
    """A convolution and two dense layers, compiled."""
    keras.utils.set_random_seed(0)
    layers = keras.layers
    model = keras.Sequential(
        [
            keras.Input((8, 8, 1), name="image"),
            layers.Conv2D(16, 3, padding="same", activation="relu", name="conv"),
            layers.Flatten(),
            layers.Dense(64, activation="relu", name="hidden"),
            layers.Dense(10, activation="softmax", name="digit"),
        ]
    )
    return compiled(model)


def compiled(model: Any) -> Any:
    """The model itself."""
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def quantized(model: Any, mode: str) -> Any:
    """A copy whose dense layers compute with integers."""
    copy = keras.models.clone_model(model)
    copy.set_weights(model.get_weights())
    copy.quantize(mode, filters=lambda layer: isinstance(layer, keras.layers.Dense))
    return compiled(copy)


def report(name: str, model: Any, reference: Any, val: tuple[Images, Labels]) -> None:
    """A line for each kernel, and one for all."""
    numbers = list(measure_all(read(model, reference=reference)))
    for one in numbers:
        assert one.effective_bits is not None
        assert one.sizes is not None
        quality = "-" if one.sqnr is None else f"{one.sqnr:.1f} dB"
        print(
            f"{name:<8}{one.layer.name:<10}{one.layer.mode:<8}{one.effective_bits:>6.2f}"
            f"{one.sizes.dense:>9,}{quality:>10}"
        )
    everything = total(numbers)[""]
    accuracy = model.evaluate(*val, verbose=0, return_dict=True)["accuracy"]
    print(
        f"{name:<8}{'all':<10}{'':<8}{everything.effective_bits:>6.2f}"
        f"{everything.size_dense:>9,}{'':>10}{accuracy:>11.3f}"
    )


if __name__ == "__main__":
    main()
