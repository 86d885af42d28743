"""Checks arguments, with one message and one treatment of a value wherever it is passed.

Whole numbers may be NumPy's; `True` and `"3"` are not whole numbers. An error names the argument,
what was expected and what was passed.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from numbers import Integral, Real
from typing import TypeGuard, cast

from tfexplain.errors import SettingError


def is_whole(value: object) -> TypeGuard[int]:
    """Returns whether a value is a whole number.

    >>> import numpy as np
    >>> [is_whole(value) for value in (3, np.int64(3), 2.5, 3.0, True, "3", None)]
    [True, True, False, False, False, False, False]
    """
    return isinstance(value, Integral) and not isinstance(value, bool)


def is_number(value: object) -> TypeGuard[float]:
    """Returns whether a value is a finite number.

    >>> import numpy as np
    >>> [is_number(value) for value in (3, np.float32(0.5), float("nan"), True, "3", None)]
    [True, True, False, False, False, False]
    """
    real = isinstance(value, Real) and not isinstance(value, bool)
    return real and math.isfinite(cast(float, value))


def check_whole(argument: str, value: object, least: int = 1, *, optional: bool = False) -> None:
    """Raises SettingError unless the value is a whole number of at least `least`.

    Args:
        argument: What the caller wrote before `=`.
        value: What the caller passed.
        least: The smallest number that is allowed.
        optional: Whether None is allowed too.

    >>> check_whole("steps", 2.5)
    Traceback (most recent call last):
    tfexplain.errors.SettingError: steps=2.5: expected a whole number of at least 1.
    """
    if value is None and optional:
        return
    if not (is_whole(value) and value >= least):
        or_none = ", or None" if optional else ""
        raise SettingError(
            f"{argument}={value!r}: expected a whole number of at least {least}{or_none}."
        )


def check_number(
    argument: str,
    value: object,
    *,
    least: float | None = None,
    above: float | None = None,
    below: float | None = None,
    optional: bool = False,
) -> None:
    """Raises SettingError unless the value is a finite number within the bounds.

    Args:
        argument: What the caller wrote before `=`.
        value: What the caller passed.
        least: The smallest number that is allowed.
        above: What the number must be greater than.
        below: What the number must be smaller than.
        optional: Whether None is allowed too.

    >>> check_number("noise", "0.1", least=0)
    Traceback (most recent call last):
    tfexplain.errors.SettingError: noise='0.1': expected a number of at least 0.
    """
    if value is None and optional:
        return
    if is_number(value):
        low = (least is None or value >= least) and (above is None or value > above)
        if low and (below is None or value < below):
            return
    bounds = [
        f" {word} {bound:g}"
        for word, bound in (("of at least", least), ("above", above), ("below", below))
        if bound is not None
    ]
    or_none = ", or None" if optional else ""
    raise SettingError(f"{argument}={value!r}: expected a number{' and'.join(bounds)}{or_none}.")


def check_choice(argument: str, value: object, choices: Sequence[object]) -> None:
    """Raises SettingError unless the value is one of the choices.

    >>> check_choice("score", "logits", ("logit", "probability"))
    Traceback (most recent call last):
    tfexplain.errors.SettingError: score='logits': expected 'logit' or 'probability'.
    """
    if not any(type(value) is type(choice) and value == choice for choice in choices):
        *first, last = map(repr, choices)
        raise SettingError(f"{argument}={value!r}: expected {', '.join(first)} or {last}.")


def check_verbose(value: object) -> None:
    """Raises SettingError unless the value is a degree of verbosity.

    >>> check_verbose("auto")
    Traceback (most recent call last):
    tfexplain.errors.SettingError: verbose='auto': expected 0, 1, 2, False or True.
    """
    if not isinstance(value, bool) and not (is_whole(value) and value in (0, 1, 2)):
        raise SettingError(f"verbose={value!r}: expected 0, 1, 2, False or True.")


def layer_names(layer: object) -> tuple[str, ...] | None:
    """Returns the names in `layer=`: one, several, or None for the default.

    Raises:
        SettingError: it is no name and no list of names.

    >>> layer_names("conv1"), layer_names(["conv1", "conv2"]), layer_names(None)
    (('conv1',), ('conv1', 'conv2'), None)
    """
    if layer is None:
        return None
    names = [layer] if isinstance(layer, str) else layer
    several = isinstance(names, (list, tuple)) and len(names) > 0
    if several and all(isinstance(name, str) and name for name in cast(Sequence[object], names)):
        return tuple(cast(Sequence[str], names))
    raise SettingError(
        f"layer={layer!r}: expected the name of a layer, such as 'conv1' or 'backbone/conv5', or "
        "a list of names."
    )
