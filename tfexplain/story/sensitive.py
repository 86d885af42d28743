"""Finds which layer's compression costs most."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from tfexplain.story.finding import Finding
from tfexplain.story.log_records import RunRecords
from tfexplain.wire import schema

# KL divergence in nats that counts as a cost where no control says what is normal.
KL = 0.1


def sensitive(run: str, records: RunRecords) -> Iterator[Finding]:
    """Yields the kernel whose compression costs most, with the mildest setting that does.

    Kernels are compared by their mean KL over the settings that all were measured with. No
    difference counts that a control has as well.
    """
    found = records.last(schema.Sensitivity)
    if not found or "kl" not in found[1].measures or len(found[1].layers) < 2:
        return
    step, record = found
    column = record.measures.index("kl")
    kl = np.asarray(record.values)[:, :, column]
    shared = np.flatnonzero(np.isfinite(kl).all(axis=0))
    if not len(shared):
        return
    worst = int(kl[:, shared].mean(axis=1).argmax())
    least = float(np.max(record.control_values[:, column])) if record.controls else KL
    costly = shared[kl[worst, shared] > least]
    if not len(costly):
        return
    setting = int(costly[record.bits[worst, costly].argmax()])
    value = float(kl[worst, setting])
    others = float(np.delete(kl[:, setting], worst).max())
    beside = f", and {least:.2g} with another training" if record.controls else ""
    name = record.layers[worst]
    text = (
        f"{run}: {name} is most sensitive to compression: {record.settings[setting]} of it alone "
        f"moves predictions by {value:.2g} nats (KL), of any other layer by {others:.2g} at most"
        f"{beside}."
    )
    yield Finding("sensitive", run, text, value, step, chance=least, layer=name)
