"""Says in one line what explaining took of an epoch, and what lowers it."""

from __future__ import annotations

from collections.abc import Mapping

from tfexplain.runlog.general_plan import PIECES

# What makes each part of the work cheaper, beside fewer epochs.
_LOWERED_BY = {
    "overlays": "write_images=False",
    "drift": "reference=None",
    "trust": "quality=[]",
    "regions": "regions=None",
    "clusters": "a smaller clusters=",
    **dict.fromkeys(PIECES, "a smaller importance="),
}


def cost_line(
    epoch: str,
    explaining: float,
    whole: float,
    before: float | None,
    parts: Mapping[str, float],
    by: str = "every=",
) -> str:
    """Returns the line.

    Args:
        epoch: Name of the epoch.
        explaining: Its seconds of explaining, writing included.
        whole: All its seconds, up to the begin of the next one.
        before: Seconds of the explanation before training, which compiles everything; None where
            the epoch is not the first of a `fit`, which compiles the training itself.
        parts: Seconds by explainer, and of `drift` and `overlays`.
        by: The argument that chooses how often.
    """
    share = f"{100 * explaining / whole:.2g}%" if whole else "all"
    compiled = "" if before is None else "; training compiled in it"
    first = "" if before is None else f", and {before:.2g} s once before training"
    lower = by
    dearest, most = "", max(parts, key=lambda name: parts[name], default="")
    if most:
        dearest = f" Most of it: {most} ({parts[most]:.2g} s)."
        explainers = set(parts) - set(_LOWERED_BY)
        without = f"explainers= without {most}" if len(explainers) > 1 else "samples="
        lower += f" or {_LOWERED_BY.get(most, without)}"
    return (
        f"tfexplain: explaining took {explaining:.2g} s of the {whole:.2g} s of {epoch} "
        f"({share}{compiled}){first}.{dearest} Lower it with {lower}."
    )
