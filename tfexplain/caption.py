"""Writes the lines of text below sheets of maps."""

from __future__ import annotations

import math
from functools import cache, lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFont


def written(text: str, width: int, height: int) -> npt.NDArray[np.uint8]:
    """Writes a text in one line, black on white, uint8 [height, width, 1]; what is longer is cut.

    Word by word: most words stand in the captions of all epochs, and letters are slow to draw.
    Numbers are other ones at each epoch, so they are not kept.
    """
    line, left = Image.new("L", (width, height), 255), 2.0
    for word in text.split(" "):
        is_number = any(letter.isdigit() for letter in word)
        ink, advance = (_ink if is_number else _kept_ink)(word, height - 1)
        line.paste(0, (round(left), 1), ink)
        left += advance
    return np.asarray(line)[..., None]


def _ink(word: str, height: int) -> tuple[Image.Image, float]:
    """Returns a mask of a word, and the width of the word and a space."""
    font = _font()
    ink = Image.new("L", (math.ceil(font.getlength(word)) + 1, height), 0)
    ImageDraw.Draw(ink).text((0, 0), word, 255, font)
    return ink, font.getlength(f"{word} ")


_kept_ink = lru_cache(maxsize=1024)(_ink)


@cache
def _font() -> Any:
    return ImageFont.load_default()
