"""What a model does to data before it is called: Keras Hub's tasks preprocess it themselves.

Such a model is trained on, and predicts from, what its `preprocess_samples` makes of the data:
pictures are resized, texts become tokens. What is explained must be that.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, TypeAlias

import keras
import numpy as np
import tensorflow as tf

from tfexplain.errors import TfexplainError
from tfexplain.model.keras_private import another_seed

# By the model's identity and what it is given.
_Compiled: TypeAlias = dict[tuple[int, str], Callable[..., Any]]
_compiled: ContextVar[_Compiled | None] = ContextVar("compiled", default=None)


def preprocesses(model: Any) -> bool:
    """Whether a model preprocesses data in `fit` and `predict`, as a task of Keras Hub does that
    has a preprocessor."""
    return hasattr(model, "preprocess_samples") and getattr(model, "preprocessor", None) is not None


def preprocessed(model: Any, inputs: Any, labels: Any = None) -> tuple[Any, Any]:
    """(inputs, labels) as `fit` hands them to a model; what is preprocessed already stays.

    Language models get their labels from the texts.

    Args:
        model: Any model.
        inputs: Some rows, as the user has them.
        labels: Theirs, or None.

    Raises:
        TfexplainError: the model's preprocessor cannot take them; the cause is kept.
    """
    x, y, _ = preprocessed_batch(model, inputs, labels)
    return x, y


def preprocessed_batch(model: Any, inputs: Any, labels: Any) -> tuple[Any, Any, Any]:
    """(inputs, labels, weights) as `preprocessed` gives them; weights are those that the
    preprocessor makes, as language models need them, or None."""
    if not preprocesses(model) or _is_done(model, inputs):
        return inputs, labels, None
    try:
        with _same_draws():
            data = _mapped(model, _as_passed(inputs), labels)
    except Exception as error:
        kind = type(model.preprocessor).__name__
        raise TfexplainError(
            f"inputs: expected what the model's own {kind} takes, as fit and predict do; it raised "
            f"{type(error).__name__}: {error}. Pass the data as to fit, or set "
            "model.preprocessor = None and pass what is preprocessed."
        ) from error
    x, *others = keras.utils.unpack_x_y_sample_weight(data)
    y, weights = (None if part is None else _dense(part) for part in others)
    return _dense(x), y, weights


def token_words(model: Any, ids: Any) -> dict[int, str] | None:
    """The words of ids by the tokenizer of a model's preprocessor; None where it has none."""
    tokenizer = getattr(getattr(model, "preprocessor", None), "tokenizer", None)
    if tokenizer is None or not hasattr(tokenizer, "id_to_token"):
        return None
    known = {}
    for number in np.unique(ids).tolist():
        try:
            word = tokenizer.id_to_token(number)
        except Exception:  # outside its vocabulary
            continue
        known[number] = word.decode(errors="replace") if isinstance(word, bytes) else str(word)
    return known


@contextmanager
def compiled_once() -> Iterator[None]:
    """While open, the preprocessing of a model is compiled once for any number of rows.

    It takes seconds for a tokenizer. No longer than models stay what they are: a compiled one is
    that of the preprocessor's settings when it was compiled.
    """
    token = _compiled.set({})
    try:
        yield
    finally:
        _compiled.reset(token)


def _mapped(model: Any, inputs: Any, labels: Any) -> Any:
    """What a data set gives that is mapped, as `fit` and `predict` do it: resizing rounds
    otherwise when it is called outside of one."""
    batch = (inputs,) if labels is None else (inputs, labels)
    try:
        data = tf.data.Dataset.from_tensors(batch)
        return next(iter(data.map(_preprocess(model, data.element_spec))))
    except Exception:  # what is no graph, such as tokenizers in Python
        return model.preprocess_samples(*batch)


def _preprocess(model: Any, given: Any) -> Callable[..., Any]:
    """Returns what preprocesses batches, `given` their specification."""
    known = _compiled.get()
    if known is None:
        return model.preprocess_samples  # type: ignore[no-any-return]
    specs = tf.nest.map_structure(
        lambda spec: tf.TensorSpec([None, *spec.shape[1:]], spec.dtype), given
    )
    key = id(model), repr(specs)
    if key not in known:
        known[key] = tf.function(model.preprocess_samples, input_signature=specs)
    return known[key]


def _is_done(model: Any, inputs: Any) -> bool:
    """Whether inputs have the names that the model itself takes."""
    names = getattr(model, "input_names", None)
    names = names or [tensor.name for tensor in tf.nest.flatten(getattr(model, "inputs", []))]
    return isinstance(inputs, dict) and set(inputs) == set(names)


def _as_passed(inputs: Any) -> Any:
    """Texts as tensors: preprocessors take lists or tensors of them, and no arrays of bytes."""

    def one(values: Any) -> Any:
        array = np.asarray(values)
        return tf.convert_to_tensor(array) if array.dtype.kind in "OSU" else array

    return tf.nest.map_structure(one, inputs)


def _dense(values: Any) -> Any:
    return tf.nest.map_structure(
        lambda x: x.to_tensor() if isinstance(x, tf.RaggedTensor) else tf.convert_to_tensor(x),
        values,
    )


@contextmanager
def _same_draws() -> Iterator[None]:
    """While open, draws may be made; training goes on as if none had been."""
    own, numpy = random.getstate(), np.random.get_state()
    try:
        with another_seed():
            yield
    finally:
        random.setstate(own)
        np.random.set_state(numpy)
