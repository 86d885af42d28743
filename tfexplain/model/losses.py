"""What the loss of an output says of its numbers: whether they are classes or values."""

from __future__ import annotations

import functools
import weakref
from collections.abc import Sequence
from typing import Any, Literal

from tfexplain.types import Model

LossKind = Literal["class", "value", ""]

# Parts of the names of losses, as Keras calls them and as people call their own. Whatever has
# neither may be about either, and then the labels tell.
_CLASSES = ("crossentropy", "focal", "dice", "tversky", "hinge", "kldivergence", "kullback")
_VALUES = (
    *("error", "mse", "mae", "mape", "msle", "huber", "logcosh", "cosine", "poisson"),
    *("quantile", "pinball", "likelihood", "gaussian"),
)
_SHORT = {"bce": "binarycrossentropy", "kld": "kldivergence"}
# Of models that others train, such as students: those whose losses are theirs.
_lenders: weakref.WeakKeyDictionary[Model, tuple[weakref.ref[Any], ...]] = (
    weakref.WeakKeyDictionary()
)


def lend_loss(model: Model, *others: Model) -> None:
    """Has a model that is not compiled read by the first loss of logits that others have.

    Other losses are not lent: what such a model gives out may be logits under a teacher of
    probabilities.
    """
    _lenders[model] = tuple(weakref.ref(other) for other in others)


def losses_of(model: Model, names: Sequence[str]) -> list[str]:
    """A short description of the compiled loss of each output, '' where there is none."""
    if getattr(model, "loss", None) is None:
        for lender in _lenders.get(model, ()):
            lent = _losses_of(lender(), names)
            if any("from_logits" in loss for loss in lent):
                return lent
    return _losses_of(model, names)


def _losses_of(model: Model | None, names: Sequence[str]) -> list[str]:
    loss = getattr(model, "loss", None)
    if isinstance(loss, dict):
        return [_describe(loss.get(name)) for name in names]
    if isinstance(loss, (list, tuple)) and len(loss) == len(names):
        return [_describe(part) for part in loss]
    return [_describe(loss)] * len(names)


def loss_kind(description: str) -> LossKind:
    """Whether a loss is about classes or about values; '' where its name does not say.

    >>> loss_kind("sparsecategoricalcrossentropy"), loss_kind("pinballloss"), loss_kind("myloss")
    ('class', 'value', '')
    """
    if any(word in description for word in _CLASSES):
        return "class"
    return "value" if any(word in description for word in _VALUES) else ""


def _describe(loss: Any) -> str:
    if loss is None or isinstance(loss, (list, tuple, dict)):
        return ""
    if isinstance(loss, str):
        text = loss.lower().replace("_", "")
        return _SHORT.get(text, text)
    settings = loss.get_config() if hasattr(loss, "get_config") else {}
    if isinstance(loss, functools.partial):
        loss, settings = loss.func, loss.keywords
    # The class as well as the name, which people may choose.
    function = getattr(loss, "fn", None)
    several = [getattr(part, "__name__", "") for part in (type(loss), loss, function)]
    text = " ".join([*several, str(getattr(loss, "name", None) or "")])
    from_logits = " from_logits" if settings.get("from_logits") else ""
    return text.lower().replace("_", "") + from_logits
