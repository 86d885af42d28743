"""Reads and writes the container of a record: a safetensors file, checked before use.

Knows bytes, arrays and headers; what a record means is `schema`'s.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import safetensors
import safetensors.numpy

from tfexplain.errors import TfexplainError
from tfexplain.types import Array
from tfexplain.wire.clock import step_of

VERSION = (1, 6)

MAX_RECORD_BYTES = 64 << 20
MAX_HEADER_BYTES = 1 << 20


class SchemaError(TfexplainError):
    """Bytes or a name are not of this format; the message says what was expected and what came."""


def pack(kind: str, arrays: Mapping[str, Array], header: Mapping[str, str]) -> bytes:
    metadata = {"version": version_text(), "kind": kind, **header}
    # safetensors writes the bytes as they lie, whatever the order of the axes.
    ordered = {name: np.asarray(array, order="C") for name, array in arrays.items()}
    data: bytes = safetensors.numpy.save(ordered, metadata)
    if len(data) > MAX_RECORD_BYTES:
        raise SchemaError(f"{kind}: {len(data)} bytes; a record holds at most {MAX_RECORD_BYTES}")
    size = int.from_bytes(data[:8], "little")
    if size > MAX_HEADER_BYTES:
        raise SchemaError(f"{kind}: a header of {size} bytes; at most {MAX_HEADER_BYTES} are read")
    return data


def long_text(texts: Sequence[str]) -> Array:
    """Converts strings to an array of bytes: headers are short, and some lists are not."""
    return np.frombuffer(json.dumps(list(texts)).encode(), np.uint8)


@dataclass(frozen=True)
class Container:
    """Holds a record whose container is sound and whose content is yet to be checked."""

    kind: str
    arrays: Mapping[str, tuple[str, list[int], bytes]]
    header: Mapping[str, str]

    def check(self, ok: bool, expected: str) -> None:
        if not ok:
            raise SchemaError(f"{self.kind}: expected {expected}")

    def text(self, key: str) -> str:
        value = self.header.get(key)
        if not isinstance(value, str):
            raise SchemaError(f"{self.kind}: the header lacks {key!r}")
        return value

    def number(self, key: str) -> float:
        try:
            return float(self.text(key))
        except ValueError as error:
            raise SchemaError(f"{self.kind}: {key}: expected a number") from error

    def integer(self, key: str) -> int:
        value = self.number(key)
        self.check(value.is_integer() and abs(value) < 2**31, f"{key} as a 32-bit integer")
        return int(value)

    def step(self, key: str) -> float | None:
        """Returns a step that is written as that of an event; None where it is empty."""
        if not self.text(key):
            return None
        value = self.number(key)
        self.check(value.is_integer() and 0 <= value < 2**53, f"{key} as a step >= 0")
        return step_of(int(value))

    def sizes(self, key: str, count: int) -> tuple[int, ...]:
        values = read_json(self.text(key), list, key)
        fits = len(values) == count and all(type(v) is int and 0 <= v < 2**31 for v in values)
        self.check(fits, f"{key} as {count} sizes")
        return tuple(values)

    def strings(self, key: str) -> list[str]:
        return self._strings(read_json(self.text(key), list, key), key)

    def long_strings(self, name: str) -> list[str]:
        """Returns the strings that `long_text` made an array of."""
        return self._strings(read_json(self.array(name, "U8", 1).tobytes(), list, name), name)

    def _strings(self, values: list[object], key: str) -> list[str]:
        self.check(all(isinstance(v, str) for v in values), f"{key} as a list of strings")
        return values  # type: ignore[return-value]

    def array(self, name: str, dtype: str, *ranks: int) -> Array:
        if name not in self.arrays:
            raise SchemaError(f"{self.kind}: no array {name!r}; it has {sorted(self.arrays)}")
        found, shape, data = self.arrays[name]
        if found != dtype or len(shape) not in ranks:
            raise SchemaError(
                f"{self.kind}: {name}: expected {dtype} of rank {' or '.join(map(str, ranks))}; "
                f"got {found} of shape {shape}"
            )
        numpy_dtype = np.dtype(f"<{dtype[0].lower()}{int(dtype[1:]) // 8}")
        try:
            return np.frombuffer(data, numpy_dtype).reshape(shape)
        except ValueError as error:  # nothing in it, but sides that no array can have
            raise SchemaError(f"{self.kind}: {name}: impossible shape {shape}") from error


def unpack(data: bytes, kind: str) -> Container:
    """Checks the container: size, safetensors' own rules, version, kind."""
    if len(data) > MAX_RECORD_BYTES:
        raise SchemaError(f"{kind}: {len(data)} bytes; a record holds at most {MAX_RECORD_BYTES}")
    size = int.from_bytes(data[:8], "little")
    if size > MAX_HEADER_BYTES or len(data) < 8 + size:
        raise SchemaError(f"{kind}: truncated or too long a header: {len(data)} bytes, {size=}")
    try:
        entries = safetensors.deserialize(data)  # type: ignore[no-untyped-call]
    except safetensors.SafetensorError as error:
        raise SchemaError(f"{kind}: not a safetensors file: {error}") from error
    header = read_json(data[8 : 8 + size], dict, "header").get("__metadata__") or {}
    check_version(header.get("version"))
    if header.get("kind") != kind:
        raise SchemaError(f"expected a record of kind {kind!r}; got {short(str(header))}")
    arrays = {name: (e["dtype"], e["shape"], bytes(e["data"])) for name, e in entries}
    return Container(kind, arrays, header)


def read_json(data: bytes | str, expected: type, what: str) -> Any:
    try:
        value = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise SchemaError(f"{what}: not JSON: {error}") from error
    if not isinstance(value, expected):
        raise SchemaError(f"{what}: expected a JSON {expected.__name__}")
    return value


def version_text() -> str:
    return f"{VERSION[0]}.{VERSION[1]}"


def check_version(text: object) -> None:
    found = re.fullmatch(r"([0-9]{1,4})\.([0-9]{1,4})", text) if isinstance(text, str) else None
    if not found:
        raise SchemaError(f"version={short(str(text))}: expected MAJOR.MINOR such as 1.1")
    if int(found[1]) > VERSION[0]:
        raise SchemaError(
            f"version={text}: this log is newer than this tfexplain, which reads up to "
            f"{VERSION[0]}.x. Upgrade tfexplain where TensorBoard runs."
        )


def short(text: str) -> str:
    """Quotes `text` and cuts it to a length that fits an error message."""
    return repr(text if len(text) <= 80 else text[:77] + "...")
