"""Errors that callers tell apart, and messages that can be read anywhere."""

from __future__ import annotations

import re

_COLOUR = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]")


class TfexplainError(ValueError):
    """An argument, a model, data or a file that cannot be used; base class of all our errors.

    >>> from tfexplain import Saliency, TfexplainError
    >>> try:
    ...     Saliency(score="logits")
    ... except TfexplainError as error:
    ...     print(error)
    score='logits': expected 'logit' or 'probability'.
    """


class SettingError(TfexplainError):
    """A setting that is wrong in itself, or asks by name for what cannot be had.

    A callback lets it end `fit` before the first batch; what else cannot be planned is left out.
    """


class CallError(TfexplainError):
    """A model that could not be called on the data."""


class ExplainWarning(RuntimeWarning):
    """Something could not be explained or written; training was not affected."""


def plain(text: object) -> str:
    """A message without the colour codes for terminals that Keras puts into its own.

    >>> plain("\\x1b[1mInput 0\\x1b[0m is missing")
    'Input 0 is missing'
    """
    return _COLOUR.sub("", str(text))
