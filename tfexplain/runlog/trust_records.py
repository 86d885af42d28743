"""Turns what metrics say of maps into a record."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tfexplain.runlog.weights_epoch import Moment
from tfexplain.trust import Measured
from tfexplain.wire import schema


def trust_record(measured: Sequence[Measured], now: Moment) -> schema.Trust:
    """Returns the record of what several metrics say of the same maps."""
    chance = [np.full(len(m.values), np.nan) if m.chance is None else m.chance for m in measured]
    return schema.Trust(
        np.stack([one.values for one in measured], axis=1),
        np.stack(chance, axis=1),
        names=[one.metric for one in measured],
        units=[one.unit for one in measured],
        better=[one.better for one in measured],
        passes=sum(one.passes for one in measured),
        moment=now.kind,
        weights=now.weights,
        curves=[
            schema.TrustCurve(one.metric, order, one.shares, values.astype(np.float32))
            for one in measured
            if one.shares is not None
            for order, values in one.curves.items()
        ],
    )
