"""Defines names of series: which kind of record, of which explainer, layer and sample."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass

from tfexplain.wire.container import SchemaError, short
from tfexplain.wire.records.kinds import Kind

MAX_NAME = 512
MAX_SAMPLE = 1_000_000

# What stands in a tag behind the kind: nothing, a name, or an explainer and a layer.
PLAIN: frozenset[str] = frozenset(
    {
        *("samples", "metrics", "predictions", "status", "kernels", "fidelity", "health"),
        *("structure", "validation", "outputs", "pixels", "thumbnails", "simple", "robustness"),
        *("sensitivity", "activations", "payers", "exemplars", "overlaps"),
    }
)
NAMED: frozenset[str] = frozenset(
    {
        *("inputs", "values", "kernel", "exchange", "units", "importance", "dependence"),
        *("clusters", "masks", "places", "plan"),
    }
)
# Of all samples at once.
_WHOLE: frozenset[str] = frozenset({"drift", "start", "trust", "sanity", "regions", "changed"})
# What shows a sample or a channel.
MAPS: frozenset[str] = frozenset({"map", "channels", "matrix", "picture"})
LAYERED: frozenset[str] = MAPS | _WHOLE
# What is compared with labels: a model's outputs on validation rows, at one epoch.
EVALUATED: tuple[Kind, ...] = ("outputs", "pixels")
_EXPLAINER = re.compile(r"[A-Za-z0-9_.=,()\[\]-]{1,128}")


@dataclass(frozen=True)
class Tag:
    """Holds the parts of the name of a series.

    >>> str(Tag("map", "GradCAM", "backbone/conv5", 3))
    'map/GradCAM/backbone/conv5/3'
    >>> Tag.parse("map/GradCAM/backbone/conv5/3").layer
    'backbone/conv5'
    """

    kind: Kind
    explainer: str = ""
    layer: str = ""
    sample: int = -1

    def __str__(self) -> str:
        return self.group if self.sample < 0 else f"{self.group}/{self.sample}"

    @property
    def group(self) -> str:
        """The tag without its sample, which all samples of one map share."""
        if self.kind in LAYERED:
            return f"{self.kind}/{self.explainer}/{tag_name(self.layer)}"
        return f"{self.kind}/{tag_name(self.layer)}" if self.kind in NAMED else self.kind

    @classmethod
    def parse(cls, text: str) -> Tag:
        """Parses a tag; raises `SchemaError` for anything this format does not write."""
        parts = text.split("/")
        if text in PLAIN:
            return cls(text)  # type: ignore[arg-type]
        if parts[0] in NAMED and len(parts) > 1:
            name = check_name(text.partition("/")[2], f"{parts[0]} name")
            return cls(parts[0], layer=name)  # type: ignore[arg-type]
        sampled = parts[0] not in _WHOLE
        if parts[0] not in LAYERED or len(parts) < 3 + sampled:
            raise SchemaError(
                f"tag={short(text)}: expected kind/explainer/layer/sample, drift/explainer/layer, "
                f"one of {sorted(NAMED)} and a name, or one of {sorted(PLAIN)}"
            )
        if not _EXPLAINER.fullmatch(parts[1]):
            raise SchemaError(
                f"tag={short(text)}: the explainer's name has characters outside "
                "letters, digits and _.=,()[]-"
            )
        layer = check_name("/".join(parts[2:-1] if sampled else parts[2:]), "layer")
        sample = _sample(parts[-1], text) if sampled else -1
        return cls(parts[0], parts[1], layer, sample)  # type: ignore[arg-type]


def tag_name(name: str) -> str:
    """Returns `name` as it stands in tags.

    One that is too long, or cannot be printed, is cut in its middle and marked, so that no two
    become one.

    >>> tag_name("backbone/conv5")
    'backbone/conv5'
    >>> len(tag_name(1000 * "x")), tag_name("a\\nb")
    (512, 'a?b~59900c43')
    """
    if name.isprintable() and 0 < len(name) <= MAX_NAME:
        return name
    text = "".join(letter if letter.isprintable() else "?" for letter in name)
    mark = hashlib.blake2b(name.encode(errors="surrogatepass"), digest_size=4).hexdigest()
    room = MAX_NAME - len(mark) - 1
    if len(text) > room:
        text = f"{text[: room // 2]}...{text[-(room - room // 2 - 3) :]}"
    return f"{text}~{mark}"


def check_name(name: str, what: str) -> str:
    """Returns `name` where it can be part of a tag; raises `SchemaError` else."""
    if not name or len(name) > MAX_NAME or not name.isprintable():
        raise SchemaError(f"{what}={short(name)}: expected 1 to {MAX_NAME} printable characters")
    return name


def _sample(digits: str, tag: str) -> int:
    # One spelling for each number, or two tags would claim the same sample.
    if re.fullmatch(r"0|[1-9][0-9]{0,6}", digits) and int(digits) <= MAX_SAMPLE:
        return int(digits)
    raise SchemaError(f"tag={short(tag)}: expected a sample number 0 to {MAX_SAMPLE} at the end")
