"""Frames binary answers: a JSON head that says where in the bytes behind it each record lies."""

from __future__ import annotations

import json
import math
import struct
from collections.abc import Mapping
from typing import Any

from tfexplain.tb_plugin.arguments import RequestError

MAX_ANSWER_BYTES = 512 << 20


class Body:
    """Collects the bytes behind the head, record by record.

    >>> body = Body()
    >>> body.add(b"abc"), body.add(b"de")
    ({'offset': 0, 'length': 3}, {'offset': 3, 'length': 2})
    >>> body.behind({"points": 2})
    b'\\x0c\\x00\\x00\\x00{"points":2}abcde'
    """

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self._size = 0

    def fits(self, size: int) -> bool:
        """Returns whether `size` more bytes may be added."""
        return self._size + size <= MAX_ANSWER_BYTES

    def add(self, part: bytes) -> dict[str, int]:
        """Appends `part`; returns where it lies, for the head.

        Raises:
            RequestError: The answer grows beyond what a browser can hold.
        """
        if not self.fits(len(part)):
            raise RequestError(
                413,
                f"answer: expected at most {MAX_ANSWER_BYTES} bytes; got more. "
                "Ask for fewer groups, samples or steps at once.",
            )
        place = {"offset": self._size, "length": len(part)}
        self._parts.append(part)
        self._size += len(part)
        return place

    def behind(self, head: Mapping[str, Any]) -> bytes:
        """Returns the whole answer: length of the head as uint32, the head as JSON, the records."""
        text = json.dumps(head, allow_nan=False, separators=(",", ":")).encode()
        return b"".join([struct.pack("<I", len(text)), text, *self._parts])


def finite(value: float | None) -> float:
    """Returns `value` as JSON can carry it: 0 in place of NaN, infinity and nothing."""
    return float(value) if value is not None and math.isfinite(value) else 0.0
