"""Errors that callers can tell apart, and messages that are readable everywhere."""

from __future__ import annotations

import re

_COLOUR = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]")


class TfexplainError(ValueError):
    """Base class of all our errors: an argument, a model, data or a file cannot be used.

    >>> from tfexplain import Saliency, TfexplainError
    >>> try:
    ...     Saliency(score="logits")
    ... except TfexplainError as error:
    ...     print(error)
    score='logits': expected 'logit' or 'probability'.
    """


class SettingError(TfexplainError):
    """A setting is wrong in itself, or names something that does not exist.

    A callback lets it end `fit` before the first batch; what else cannot be planned is left out.
    """


class CallError(TfexplainError):
    """A model could not be called on the data."""


class ExplainWarning(RuntimeWarning):
    """Something could not be explained or written; training was not affected."""


def plain(text: object) -> str:
    """Removes the colour codes for terminals that Keras puts into its messages, and of an error
    inside of a graph all but what the operation said.

    >>> plain("\\x1b[1mInput 0\\x1b[0m is missing")
    'Input 0 is missing'
    >>> plain("Graph execution error:\\n\\nDetected at node x\\nNo such label\\n\\t [[{{node x}}]]")
    'No such label'
    >>> plain("Traceback:\\n  raise\\n\\nOSError: no disk\\n\\n\\n\\t [[{{node PyFunc}}]]")
    'OSError: no disk'
    """
    said, node, _ = _COLOUR.sub("", str(text)).partition("\n\t [[{{node")
    return said.rstrip().rpartition("\n")[2] if node else said
