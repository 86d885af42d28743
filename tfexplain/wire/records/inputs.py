"""Defines the record of an input that is no picture: features, words or curves of all samples."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from tfexplain.types import Array
from tfexplain.wire.container import long_text, pack, unpack
from tfexplain.wire.records.kinds import Kind, Layout, little_endian

# By layout, how many axes `values` has.
RANKS = {"features": 2, "tokens": 2, "line": 3}
MAX_WORD = 256


@dataclass(frozen=True)
class Values:
    """Holds the samples of one input that is no picture.

    `values` are float32 [N, f] of features, [N, T] of tokens (their ids) or [N, t, c] of a line.
    `names` are those of the features or of the line's channels, or none. `words` are those of
    tokens, T for each sample one after the other, `""` for padding; none for other layouts.
    """

    kind: ClassVar[Kind] = "values"
    values: Array
    layout: Layout
    names: Sequence[str] = ()
    words: Sequence[str] = ()

    def encode(self) -> bytes:
        """Returns the record's bytes."""
        arrays = {
            "values": little_endian(self.values, "f4"),
            "names": long_text(self.names),
            "words": long_text([word[:MAX_WORD] for word in self.words]),
        }
        return pack(self.kind, arrays, {"layout": self.layout})

    @classmethod
    def decode(cls, data: bytes) -> Values:
        """Reads `encode`'s bytes; raises `SchemaError`."""
        raw = unpack(data, cls.kind)
        layout = raw.text("layout")
        raw.check(layout in RANKS, f"a layout of {sorted(RANKS)}")
        values = raw.array("values", "F32", RANKS[layout])
        names, words = raw.long_strings("names"), raw.long_strings("words")
        raw.check(len(names) in (0, values.shape[-1]), "no names, or one for each column")
        expected = values.size if layout == "tokens" else 0
        raw.check(len(words) == expected, "one word for each token")
        raw.check(all(len(word) <= MAX_WORD for word in words), f"words up to {MAX_WORD} letters")
        return cls(values, layout, names, words)  # type: ignore[arg-type]
