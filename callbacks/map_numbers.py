"""Names numbers of maps, for `logs` and trackers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection


def map_numbers(places: Collection[tuple[str, str]], what: str) -> dict[tuple[str, str], str]:
    """Returns how a number of maps is called, by explainer and layer: without the layer where an
    explainer has one.

    >>> places = [("GradCAM", "conv2"), ("Saliency", "a"), ("Saliency", "b")]
    >>> list(map_numbers(places, "n").values())
    ['explain/GradCAM/n', 'explain/Saliency/a/n', 'explain/Saliency/b/n']
    """
    layers = Counter(name for name, _ in places)
    return {
        (name, layer): f"explain/{name}/{what}"
        if layers[name] == 1
        else f"explain/{name}/{layer}/{what}"
        for name, layer in places
    }
