"""Converts activations of a quantized model beside the float one's to a record."""

from __future__ import annotations

from math import nan

import numpy as np

from tfexplain.compression import ActivationError, ActivationErrors
from tfexplain.runlog.weights_epoch import Moment
from tfexplain.runlog.writer import RunWriter
from tfexplain.wire import schema

OWN_FLOATS = "its own float weights, without fake quantization"


def write_activations(
    errors: ActivationErrors, reference: str, now: Moment, writer: RunWriter
) -> None:
    """Writes the record.

    Args:
        errors: Of all layers.
        reference: The float model, in words, or the name of its run.
        now: When they were measured.
        writer: The log.
    """
    record = schema.Activations(
        [schema.tag_name(one.layer) for one in errors.layers],
        np.array([_numbers(one) for one in errors.layers], np.float64),
        [schema.tag_name(layer) for layer in errors.missing],
        errors.rows,
        reference,
        now.kind,
        now.weights,
    )
    writer.add(schema.Tag("activations"), now.step, record, schema.Content("activations"))


def _numbers(one: ActivationError) -> tuple[float, ...]:
    """Returns the columns of the record."""
    clipping = nan if one.clipping is None else one.clipping
    kernel = nan if one.kernel_sqnr is None else one.kernel_sqnr
    limits = one.limits or (nan, nan)
    return one.sqnr, clipping, kernel, *one.reference_range, *one.range, *limits
