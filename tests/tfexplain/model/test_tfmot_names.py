"""Names of wrapped layers."""

from __future__ import annotations

import pytest

from tfexplain.model.tfmot_names import unwrapped


@pytest.mark.parametrize(
    ("path", "plain"),
    [
        ("conv", "conv"),
        ("prune_low_magnitude_conv/conv", "conv"),
        ("quant_conv/conv", "conv"),
        ("backbone/cluster_conv/conv@1", "backbone/conv@1"),
        ("prune_low_magnitude_backbone/backbone/conv", "backbone/conv"),
        ("quant_conv", "quant_conv"),
        ("quant_conv/other", "quant_conv/other"),
    ],
)
def test_a_wrapped_layer_has_the_name_it_had_before(path: str, plain: str) -> None:
    assert unwrapped(path) == plain
