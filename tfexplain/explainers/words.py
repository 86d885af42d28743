"""Adds to maps of layers over words which words each of their positions reads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from tfexplain.attribution import Attribution
from tfexplain.model.traced_model import TracedModel


def with_words_read(
    attributions: Mapping[str, Attribution], traced_model: TracedModel
) -> dict[str, Attribution]:
    """Returns the attributions, maps with a value for each position of a layer over words with
    what these read.

    Positions that read one word each, in order, are these words: nothing is added then.
    """
    by_path = {call.path: call for call in traced_model.layer_calls if call.words is not None}

    def added(attribution: Attribution) -> Attribution:
        call = by_path.get(attribution.layer)
        if call is None or attribution.kind != "map" or attribution.maps.ndim != 2:
            return attribution
        words = call.words
        if words is None or (words.step, words.offsets) == (1, (0,)):
            return attribution
        if words.why:
            return replace(attribution, word_note=words.why)
        offsets = np.array(words.offsets, np.int32)
        return replace(attribution, word_step=words.step, word_offsets=offsets)

    return {name: added(attribution) for name, attribution in attributions.items()}
