"""Reads the arguments of a request strictly: what cannot be understood is told in one sentence."""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import parse_qsl

MAX_QUERY_BYTES = 64 << 10
MAX_FIELDS = 4096
MAX_SHOWN = 80
# The largest whole number that JSON readers keep exactly.
MAX_NUMBER = 2**53 - 1


class RequestError(Exception):
    """A request gets no answer: an HTTP status and one sentence for the reader."""

    def __init__(self, code: int, message: str, headers: Iterable[tuple[str, str]] = ()) -> None:
        super().__init__(message)
        self.code = code
        self.headers = list(headers)


class Arguments:
    """Holds the query of a request, by name.

    >>> query = Arguments(b"run=a&group=metrics&group=status&step=3")
    >>> query.one("run"), query.many("group", 64), query.numbers("step", 10)
    ('a', ['metrics', 'status'], [3])
    >>> query.one("name")  # doctest: +IGNORE_EXCEPTION_DETAIL
    Traceback (most recent call last):
    tfexplain.tb_plugin.arguments.RequestError: name: expected once; got 0 of them. Add name=.
    """

    def __init__(self, query: bytes) -> None:
        if len(query) > MAX_QUERY_BYTES:
            raise RequestError(
                414,
                f"query: expected at most {MAX_QUERY_BYTES} bytes; got {len(query)}. "
                "Ask for less at once.",
            )
        try:
            text = query.decode()
            self._values = parse_qsl(
                text, keep_blank_values=True, errors="strict", max_num_fields=MAX_FIELDS
            )
        except UnicodeDecodeError as error:
            raise RequestError(
                400,
                f"query={shown(query.decode('latin-1'))}: expected UTF-8; got other bytes. "
                "Percent-encode the text as UTF-8.",
            ) from error
        except ValueError as error:
            raise RequestError(
                400,
                f"query: expected at most {MAX_FIELDS} arguments; got more. Ask for less at once.",
            ) from error

    def optional(self, name: str) -> str | None:
        """Returns the value of an argument that may be missing, but not be repeated."""
        return self.one(name) if name in dict(self._values) else None

    def one(self, name: str) -> str:
        """Returns the value of an argument that must be there once."""
        found = [value for key, value in self._values if key == name]
        if len(found) != 1:
            remedy = "Send one request for each" if found else f"Add {name}="
            raise RequestError(400, f"{name}: expected once; got {len(found)} of them. {remedy}.")
        return found[0]

    def many(self, name: str, most: int) -> list[str]:
        """Returns the different values of a repeatable argument, in order of arrival."""
        found = list(dict.fromkeys(value for key, value in self._values if key == name))
        if len(found) > most:
            raise RequestError(
                400,
                f"{name}: expected at most {most}; got {len(found)} of them. "
                "Send several requests.",
            )
        return found

    def numbers(self, name: str, most: int) -> list[int]:
        """Returns the different values of a repeatable argument that is a whole number >= 0."""
        return [_number(name, text) for text in self.many(name, most)]

    def steps(self, name: str, most: int) -> list[float]:
        """Returns the different values of a repeatable argument that is a step of the log."""
        return [_step(name, text) for text in self.many(name, most)]


def _step(name: str, text: str) -> float:
    """Returns a step of the log: a whole number >= 0, or one with a fraction as `series` has it."""
    if re.fullmatch(r"-?[0-9]{1,10}\.[0-9]{1,6}", text, re.ASCII):
        return float(text)
    return _number(name, text)


def _number(name: str, text: str) -> int:
    if re.fullmatch(r"[0-9]{1,16}", text, re.ASCII) and int(text) <= MAX_NUMBER:
        return int(text)
    raise RequestError(
        400,
        f"{name}={shown(text)}: expected a whole number 0 to {MAX_NUMBER}; got other text. "
        "The answer of `series` lists what there is.",
    )


def shown(text: str) -> str:
    """Quotes `text` for a message: cut, and without characters that a terminal would obey."""
    return ascii(text if len(text) <= MAX_SHOWN else text[: MAX_SHOWN - 3] + "...")


def not_found(name: str, value: object, there: Iterable[object], remedy: str) -> RequestError:
    """Returns a 404 for an argument whose value is not among those that are `there`."""
    known = list(there)
    first = ", ".join(shown(k) if isinstance(k, str) else str(k) for k in known[:8])
    listed = (
        f"one of {first}{', ...' if len(known) > 8 else ''}" if known else "nothing: none exist"
    )
    text = shown(value) if isinstance(value, str) else str(value)
    return RequestError(404, f"{name}={text}: expected {listed}; got another. {remedy}")
