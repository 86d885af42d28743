"""What an input is: an image, a sequence, a volume or a row of features."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from tfexplain.model.layer_calls import LayerCall, axes

Layout = Literal["image", "grey", "sequence", "volume", "features"]

_RECURRENT = frozenset({"Bidirectional", "GRU", "LSTM", "RNN", "SimpleRNN"})


def layout(rank: int, sites: Sequence[LayerCall]) -> Layout:
    """What an input of `rank` axes (the batch among them) is to a model with these sites.

    [N, H, W, C] is an image. [N, a, b] is a grey image unless some layer with weights gives a
    sequence or recurs over it: then it is a sequence of vectors.
    """
    if rank == 4:
        return "image"
    if rank == 3:
        kept = any(s.after_weights and axes(s) == 1 for s in sites)
        recurs = any(s.layer_type in _RECURRENT for s in sites)
        return "sequence" if kept or recurs else "grey"
    return "volume" if rank > 4 else "features"


def channel_axis(kind: Layout, channels_first: bool) -> int | None:
    """The axis a map of this input is summed over; None where every value stands for itself."""
    if kind in ("grey", "features"):
        return None
    return 1 if channels_first else -1
