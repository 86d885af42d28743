"""What the inputs of a validation batch are that are no pictures: tables, sequences, words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from tfexplain import schema
from tfexplain.callbacks.settings import Settings
from tfexplain.callbacks.words import words_of
from tfexplain.errors import SettingError
from tfexplain.explainers.baselines import is_text
from tfexplain.passes import Passes
from tfexplain.preprocessing import token_words

# Values are shown, not computed with: a log should not become a copy of the data.
MOST_BYTES = 16 << 20


def input_values(passes: Passes, inputs: Any, settings: Settings) -> dict[str, schema.Values]:
    """The features, words or curves of each input that is no picture, by its name.

    Args:
        passes: The model's passes.
        inputs: The chosen rows, in the structure the model takes.
        settings: The arguments of `Explain`.

    Raises:
        SettingError: `feature_names`, `vocabulary` or `decode` that do not fit the inputs.
    """
    flat = [np.asarray(array) for array in tf.nest.flatten(inputs)]
    arrays = dict(zip(passes.input_names, flat, strict=True))
    words = {name: array for name, array in arrays.items() if array.ndim == 2}
    found = _texts(passes, inputs, settings)
    asked = settings.vocabulary is not None or settings.decode is not None
    padded = _padded(passes, words, asked and not found)
    for name, array in arrays.items():
        layout = passes.layout(array)
        if name not in found and is_text(array):
            found[name] = _column(array)
        if name in found or not np.issubdtype(array.dtype, np.number):
            continue
        if name in padded:
            own = settings
            if not asked:
                own = replace(settings, vocabulary=token_words(passes.model, array))
            said = words_of(array.astype(np.int64), own, padded[name])
            filling = passes.filling(passes.input_names.index(name), inputs)
            if filling is not None:
                pairs = zip(said, filling.ravel(), strict=True)
                said = ["" if left_out else word for word, left_out in pairs]
            found[name] = schema.Values(array, "tokens", (), said)
        elif layout == "features":
            found[name] = schema.Values(array.reshape(len(array), -1), "features")
        elif layout == "sequence":
            first = passes.channel_axis(array) == 1
            found[name] = schema.Values(np.moveaxis(array, 1, 2) if first else array, "line")
    return _small(_named(found, settings.feature_names))


def _column(texts: npt.NDArray[Any]) -> schema.Values:
    """Texts of a table: each as a word, numbered by the alphabet."""
    flat = texts.reshape(len(texts), -1)
    words = [text.decode(errors="replace") for text in flat.ravel()]
    numbers = np.unique(words, return_inverse=True)[1].reshape(flat.shape)
    return schema.Values(numbers.astype(np.float32), "tokens", (), words)


def _texts(passes: Passes, inputs: Any, settings: Settings) -> dict[str, schema.Values]:
    """The words of inputs that the model itself splits, by its own vocabulary where none is given.

    Raises:
        ValueError: `vocabulary` or `decode` that do not fit the ids.
    """
    found: dict[str, schema.Values] = {}
    for site in passes.sites:
        name = "" if site.embeds is None else passes.input_names[site.embeds]
        if site.splits is None or name in found:
            continue
        ids = passes.indices(site, inputs)
        own = settings
        if settings.vocabulary is None and settings.decode is None:
            own = replace(settings, vocabulary=passes.vocabulary(site))
        zero = bool(getattr(passes.layers.get(site.path), "mask_zero", False))
        said = words_of(ids.astype(np.int64), own, zero)
        found[name] = schema.Values(ids, "tokens", (), said)
    return found


def _padded(passes: Passes, arrays: Mapping[str, npt.NDArray[Any]], asked: bool) -> dict[str, bool]:
    """The inputs that are numbers of words, and whether 0 is padding in them.

    They are those that an embedding reads; only where none does, and words are asked for, all
    whole numbers.

    Raises:
        SettingError: words are asked for, and there is no such input.
    """
    whole = {name: array for name, array in arrays.items() if _is_whole(array)}
    found: dict[str, bool] = {}
    for site in passes.sites:
        read = {passes.input_names[i] for i in site.inputs} & whole.keys()
        if "Embedding" not in site.layer_type or len(read) != 1:
            continue
        zero = bool(getattr(passes.layers.get(site.path), "mask_zero", False))
        (name,) = read
        found[name] = found.get(name, False) or zero
    if not found and asked:
        found = {name: False for name, a in whole.items() if np.issubdtype(a.dtype, np.integer)}
        if not found:
            kinds = {name: f"{a.dtype.name} {list(a.shape)}" for name, a in arrays.items()}
            raise SettingError(
                "vocabulary, decode: expected an input [N, T] of whole numbers, those of words; "
                f"got {kinds or 'inputs of other shapes'}. Leave them out."
            )
    return found


def _is_whole(array: npt.NDArray[Any]) -> bool:
    return bool(np.issubdtype(array.dtype, np.number) and np.all(array == np.floor(array)))


def _named(
    found: Mapping[str, schema.Values], names: Mapping[str, Sequence[str]] | Sequence[str]
) -> dict[str, schema.Values]:
    """Values with their names: of features, or where no input has any, of a line's channels."""
    if len(names) == 0:
        return dict(found)
    features = [name for name, values in found.items() if values.layout == "features"]
    unnamed = features or [name for name, values in found.items() if values.layout == "line"]
    asked = names if isinstance(names, Mapping) else dict.fromkeys(unnamed, names)
    known = [name for name, values in found.items() if values.layout != "tokens"]
    for name, own in asked.items() or {"": names}.items():
        if name not in known:
            raise SettingError(
                f"feature_names: expected names for a table or a sequence, one of {known}; got "
                f"{name!r}. Leave them out, or name one of the inputs."
            )
        columns = found[name].values.shape[-1]
        if len(own) != columns:
            raise SettingError(
                f"feature_names: expected {columns} names for input {name!r}; got {len(own)}. "
                "Pass one name for each column, in order."
            )
    return {
        name: schema.Values(values.values, values.layout, tuple(asked.get(name, ())), values.words)
        for name, values in found.items()
    }


def _small(found: Mapping[str, schema.Values]) -> dict[str, schema.Values]:
    return {name: one for name, one in found.items() if 4 * one.values.size <= MOST_BYTES}
