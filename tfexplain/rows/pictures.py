"""Reads picture files, and converts them to a model's inputs."""

from __future__ import annotations

import io
import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from PIL import Image, ImageOps

from tfexplain.errors import TfexplainError
from tfexplain.model import tap
from tfexplain.types import Array

_MODES = {1: "L", 3: "RGB", 4: "RGBA"}
_LONGEST = 1024  # of a side of what overlays are drawn on
_SHORTEST = 256


@dataclass(frozen=True)
class Screen:
    """Describes how pictures become inputs.

    Attributes:
        size: (height, width) that pictures are stretched to.
        channels: 1, 3 or 4; 0 for grey pictures without an axis of channels.
        channels_first: Whether channels stand before rows.
        scale: The numbers of black and of white.
    """

    size: tuple[int, int]
    channels: int
    channels_first: bool
    scale: tuple[float, float]

    def inputs(self, picture: Image.Image) -> Array:
        """Returns one sample of the model's input, float32."""
        resized = picture.convert(_MODES[self.channels or 1]).resize(
            self.size[::-1], Image.Resampling.BILINEAR
        )
        black, white = self.scale
        values = black + np.asarray(resized, np.float32) / 255 * (white - black)
        if self.channels == 1:
            values = values[..., None]
        return np.moveaxis(values, -1, 0) if self.channels_first else values

    def shown(self, picture: Image.Image) -> Array:
        """Returns what an overlay is drawn on, uint8 [H, W, C], in the colours that the model
        sees."""
        converted = picture.convert(_MODES[self.channels or 1])
        longest = max(converted.size)
        factor = min(_LONGEST / longest, max(1, _SHORTEST / longest))
        size = [max(1, round(side * factor)) for side in converted.size]
        resized = np.asarray(converted.resize((size[0], size[1]), Image.Resampling.BILINEAR))
        return resized if resized.ndim == 3 else resized[..., None]


def picture(source: str | bytes) -> Image.Image:
    """Decodes a picture and turns it upright; of several frames it takes the first.

    Args:
        source: Its path, or its bytes.

    Raises:
        Exception: it cannot be read; of many kinds.
    """
    if isinstance(source, str) and os.path.exists(source) and not os.path.isfile(source):
        raise TfexplainError("no file, but a pipe or a device")  # which may never answer
    with Image.open(source if isinstance(source, str) else io.BytesIO(source)) as file:
        upright = ImageOps.exif_transpose(file)
        if upright.mode.startswith("I;16") or upright.mode == "I":  # Pillow would clip at 255
            return Image.fromarray((np.asarray(upright) / 257).astype(np.uint8))
        return upright.copy()


def screen_of(model: Any, scale: Sequence[float] | None, size: Sequence[int] | None) -> Screen:
    """Returns how pictures become the model's inputs.

    Without a scale, pixels are 0..255 where the model scales them itself (it has a layer Rescaling
    or Normalization), else 0..1, which most others are trained on. A file does not tell.

    Raises:
        TfexplainError: a model that takes no pictures, or of a size that is not known.
    """
    shape = input_shape(model) or ((None, None, 3) if size else ())
    if len(shape) not in (2, 3):
        known = ", ".join(map(str, ("N", *shape))) if shape else "unknown"
        raise TfexplainError(
            f"model: expected an input of pictures, [N, H, W, C]; got [{known}]. Pass an .npz or "
            ".csv file, or --size for a model that does not know its input."
        )
    first = len(shape) == 3 and shape[2] not in _MODES and shape[0] in _MODES
    channels = 0 if len(shape) == 2 else shape[0 if first else 2] or 3
    if channels and channels not in _MODES:
        raise TfexplainError(
            f"model: expected 1, 3 or 4 channels; got {channels}. Pass an .npz file."
        )
    sides = _sides(shape[1:] if first else shape[:2], size)
    black, white = scale or ((0.0, 255.0) if scales(model) else (0.0, 1.0))
    return Screen(sides, channels, first, (black, white))


def scales(model: Any) -> bool:
    """Returns whether a model scales pixels itself."""
    layers = tap.layers_by_path(model).values()
    return any(type(layer).__name__ in ("Rescaling", "Normalization") for layer in layers)


def _sides(own: Sequence[int | None], asked: Sequence[int] | None) -> tuple[int, int]:
    sides = [side or wanted for side, wanted in zip(own, asked or own, strict=True)]
    if None in sides or (asked and list(asked) != sides):
        raise TfexplainError(
            f"--size={asked}: expected the height and width of pictures for a model of {own}. Pass "
            "--size H W."
        )
    return int(sides[0] or 0), int(sides[1] or 0)


def screen_text(screen: Screen) -> str:
    """Returns how pictures become inputs, in words."""
    height, width = screen.size
    black, white = screen.scale
    order = "first" if screen.channels_first else "last"
    return f"{height} x {width}, {screen.channels} channels {order}, {black:g} to {white:g}"


def input_shape(model: Any) -> tuple[int | None, ...] | None:
    """Returns the shape of one sample of a model's only input; None where it is not known.

    Raises:
        TfexplainError: several inputs.
    """
    tensors = getattr(model, "inputs", None) or []
    if len(tensors) > 1:
        raise TfexplainError(
            f"model: expected one input; got {len(tensors)}. Explain it in Python: "
            "tfexplain.explain(model, ...)."
        )
    if tensors:
        return tuple(tensors[0].shape[1:])
    built = getattr(model, "get_build_config", lambda: None)() or {}
    shape = built.get("input_shape") or built.get("shapes_dict")
    return tuple(shape[1:]) if isinstance(shape, (list, tuple)) else None
