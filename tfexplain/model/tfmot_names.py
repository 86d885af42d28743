"""Names of tfmot's wrappers, which stand in paths of layers and are told by nothing but these."""

from __future__ import annotations

WRAPPERS = ("prune_low_magnitude_", "quant_", "cluster_")


def unwrapped(layer: str) -> str:
    """A layer's path without the wrappers of tfmot around it: the same in the model it was made of.

    >>> unwrapped("backbone/prune_low_magnitude_conv/conv")
    'backbone/conv'
    """
    parts = layer.split("/")
    inner = [*parts[1:], ""]
    return "/".join(
        part
        for part, within in zip(parts, inner, strict=True)
        if part not in {wrapper + within.partition("@")[0] for wrapper in WRAPPERS if within}
    )
