"""Describes the inputs of a validation batch that are no pictures: tables, sequences, words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from tfexplain.errors import SettingError
from tfexplain.explainers.baselines import is_text
from tfexplain.model.input_kinds import channel_axis, input_layout
from tfexplain.model.preprocessing import token_words
from tfexplain.model.tokens import padding_tokens, token_ids, vocabulary
from tfexplain.model.traced_model import TracedModel
from tfexplain.runlog.naming import Naming
from tfexplain.runlog.words import words_of
from tfexplain.wire import schema

# Values are shown, not computed with: a log should not become a copy of the data.
MOST_BYTES = 16 << 20


def input_values(
    traced_model: TracedModel, inputs: Any, settings: Naming
) -> dict[str, schema.Values]:
    """Returns the features, words or curves of each input that is no picture, by its name.

    Args:
        traced_model: The model's passes.
        inputs: The chosen rows, in the structure the model takes.
        settings: Names of features and words.

    Raises:
        SettingError: `feature_names`, `vocabulary` or `decode` that do not fit the inputs.
    """
    flat = [np.asarray(array) for array in tf.nest.flatten(inputs)]
    flat = [array.astype(np.uint8) if array.dtype == bool else array for array in flat]
    arrays = dict(zip(traced_model.input_names, flat, strict=True))
    words = {name: array for name, array in arrays.items() if array.ndim == 2}
    by_input = _texts(traced_model, inputs, settings)
    asked = settings.vocabulary is not None or settings.decode is not None
    ids = _ids(traced_model, words, asked and not by_input)
    for name, array in arrays.items():
        layout = input_layout(traced_model, array)
        if name not in by_input and is_text(array):
            by_input[name] = _column(array)
        if name in by_input or not np.issubdtype(array.dtype, np.number):
            continue
        if name in ids:
            own = settings
            if not ids[name].words:
                own = replace(settings, vocabulary=None, decode=None)
            elif not asked:
                own = replace(settings, vocabulary=token_words(traced_model.model, array))
            said = words_of(array.astype(np.int64), own, ids[name].zero_is_padding)
            filling = padding_tokens(traced_model, traced_model.input_names.index(name), inputs)
            if filling is not None:
                pairs = zip(said, filling.ravel(), strict=True)
                said = ["" if left_out else word for word, left_out in pairs]
            by_input[name] = schema.Values(array, "tokens", (), said)
        elif layout == "features":
            by_input[name] = schema.Values(array.reshape(len(array), -1), "features")
        elif layout == "sequence":
            first = channel_axis(traced_model, array) == 1
            by_input[name] = schema.Values(np.moveaxis(array, 1, 2) if first else array, "line")
    return _small(_named(by_input, settings.feature_names))


def _column(texts: npt.NDArray[Any]) -> schema.Values:
    """Returns texts of a table: each as a word, numbered by the alphabet."""
    flat = texts.reshape(len(texts), -1)
    words = [text.decode(errors="replace") for text in flat.ravel()]
    numbers = np.unique(words, return_inverse=True)[1].reshape(flat.shape)
    return schema.Values(numbers.astype(np.float32), "tokens", (), words)


def _texts(traced_model: TracedModel, inputs: Any, settings: Naming) -> dict[str, schema.Values]:
    """Returns the words of inputs that the model splits, by its vocabulary where none is given.

    Raises:
        TfexplainError: `vocabulary` or `decode` that do not fit the ids.
    """
    by_input: dict[str, schema.Values] = {}
    for call in traced_model.layer_calls:
        name = "" if call.embeds is None else traced_model.input_names[call.embeds]
        if call.splits is None or name in by_input:
            continue
        ids = token_ids(traced_model, call, inputs)
        own = settings
        if settings.vocabulary is None and settings.decode is None:
            # By id: those that something moved on the way are none of them, and no error.
            own = replace(
                settings, vocabulary=dict(enumerate(vocabulary(traced_model, call) or ()))
            )
        zero = bool(getattr(traced_model.layers.get(call.path), "mask_zero", False))
        said = words_of(ids.astype(np.int64), own, zero)
        by_input[name] = schema.Values(ids, "tokens", (), said)
    return by_input


@dataclass(frozen=True)
class _Ids:
    """Describes an input of whole numbers: whether 0 is padding, and whether they are those of
    words."""

    zero_is_padding: bool
    words: bool


def _ids(
    traced_model: TracedModel, arrays: Mapping[str, npt.NDArray[Any]], asked: bool
) -> dict[str, _Ids]:
    """Returns the inputs that an embedding reads.

    Where none does, and words are wanted, it returns all inputs of whole numbers.

    Inputs with the largest table are words. Beside them, segments and positions have small ones.

    Raises:
        SettingError: words are asked for, and there is no such input.
    """
    whole = {name: array for name, array in arrays.items() if _is_whole(array)}
    padding: dict[str, bool] = {}
    tables: dict[str, int] = {}
    for call in traced_model.layer_calls:
        read = {traced_model.input_names[i] for i in call.inputs} & whole.keys()
        if "Embedding" not in call.layer_type or len(read) != 1:
            continue
        (name,) = read
        layer = traced_model.layers.get(call.path)
        padding[name] = padding.get(name, False) or bool(getattr(layer, "mask_zero", False))
        tables[name] = max(tables.get(name, 0), int(getattr(layer, "input_dim", None) or 0))
    if not padding and asked:
        integers = [n for n, array in whole.items() if np.issubdtype(array.dtype, np.integer)]
        if not integers:
            kinds = {name: f"{a.dtype.name} {list(a.shape)}" for name, a in arrays.items()}
            raise SettingError(
                "vocabulary, decode: expected an input [N, T] of whole numbers, those of words; "
                f"got {kinds or 'inputs of other shapes'}. Leave them out."
            )
        return dict.fromkeys(integers, _Ids(zero_is_padding=False, words=True))
    largest = max(tables.values(), default=0)
    return {name: _Ids(zero, tables[name] == largest) for name, zero in padding.items()}


def _is_whole(array: npt.NDArray[Any]) -> bool:
    return bool(np.issubdtype(array.dtype, np.number) and np.all(array == np.floor(array)))


def _named(
    by_input: Mapping[str, schema.Values], names: Mapping[str, Sequence[str]] | Sequence[str]
) -> dict[str, schema.Values]:
    """Returns values with their names: of features, or where no input has any, of a line's
    channels."""
    if len(names) == 0:
        return dict(by_input)
    features = [name for name, values in by_input.items() if values.layout == "features"]
    unnamed = features or [name for name, values in by_input.items() if values.layout == "line"]
    asked = names if isinstance(names, Mapping) else dict.fromkeys(unnamed, names)
    known = [name for name, values in by_input.items() if values.layout != "tokens"]
    for name, own in asked.items() or {"": names}.items():
        if name not in known:
            raise SettingError(
                f"feature_names: expected names for a table or a sequence, one of {known}; got "
                f"{name!r}. Leave them out, or name one of the inputs."
            )
        columns = by_input[name].values.shape[-1]
        if len(own) != columns:
            raise SettingError(
                f"feature_names: expected {columns} names for input {name!r}; got {len(own)}. "
                "Pass one name for each column, in order."
            )
    return {
        name: schema.Values(values.values, values.layout, tuple(asked.get(name, ())), values.words)
        for name, values in by_input.items()
    }


def _small(by_input: Mapping[str, schema.Values]) -> dict[str, schema.Values]:
    return {
        name: values for name, values in by_input.items() if 4 * values.values.size <= MOST_BYTES
    }
