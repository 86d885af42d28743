"""Checks TensorBoard's events before its data provider makes arrays of them.

In a few bytes a tensor can claim to have any number of values, and the provider makes an array of
that size. In Python mode the events themselves are checked; for RustBoard, the answers to the
provider's stub. Other providers cannot be checked, and only the process bounds their memory.
"""

from __future__ import annotations

import copy
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, Protocol

from tfexplain.wire import schema

# A record is one string. TensorBoard makes an array of as many values as a tensor claims to have.
MAX_VALUES = 1 << 16


class Events(Protocol):
    """Protocol of what is used of `EventMultiplexer`."""

    def PluginRunToTagToContent(self, plugin_name: str) -> Mapping[str, Mapping[str, bytes]]:
        """Returns the tags of a plugin, by run."""

    def Tensors(self, run: str, tag: str) -> Sequence[Any]:
        """Returns the kept events of a tag; KeyError where none had a tensor."""


def sound_tags(events: Events, run: str) -> list[str]:
    """Returns the tags of a run that can be listed."""
    tags = events.PluginRunToTagToContent(schema.PLUGIN_NAME).get(run, {})
    return [tag for tag in tags if _held(events, run, tag) is not None]


def check_events(events: Events, run: str, tags: Collection[str]) -> None:
    """Raises `SchemaError` where a tensor claims to have more values than any record."""
    for tag in tags:
        _check(event.tensor_proto for event in _held(events, run, tag) or ())


def checked(provider: Any) -> Any:
    """Returns the data provider; that of RustBoard raises `SchemaError` for such a tensor."""
    stub = getattr(provider, "_stub", None)
    if not callable(getattr(stub, "ReadTensors", None)):
        return provider
    provider = copy.copy(provider)
    provider._stub = _CheckedStub(stub)
    return provider


class _CheckedStub:
    """Checks RustBoard's answers on their way."""

    def __init__(self, stub: Any) -> None:
        self._stub = stub

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stub, name)

    def ReadTensors(self, request: Any) -> Any:
        answer = self._stub.ReadTensors(request)
        for run in answer.runs:
            for tag in run.tags:
                _check(tag.data.value)
        return answer


def _check(tensors: Iterable[Any]) -> None:
    for tensor in tensors:
        count = 1
        for dim in tensor.tensor_shape.dim:
            count *= abs(dim.size)
        if count > MAX_VALUES:
            raise schema.SchemaError(
                f"expected a scalar string tensor; got one that claims {count} values"
            )


def _held(events: Events, run: str, tag: str) -> Sequence[Any] | None:
    try:
        return events.Tensors(run, tag)
    except KeyError:
        return None
