"""Makes single events, for our own tab and for TensorBoard's: tensor, metadata, bytes."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt
from tensorboard.compat.proto.event_pb2 import Event
from tensorboard.compat.proto.summary_pb2 import (
    DATA_CLASS_BLOB_SEQUENCE,
    DATA_CLASS_SCALAR,
    DATA_CLASS_TENSOR,
    Summary,
    SummaryMetadata,
)
from tensorboard.compat.proto.tensor_pb2 import TensorProto
from tensorboard.compat.proto.tensor_shape_pb2 import TensorShapeProto
from tensorboard.compat.proto.types_pb2 import DT_DOUBLE, DT_STRING
from tensorboard.plugins.histogram import metadata as histogram_metadata
from tensorboard.plugins.image import metadata as image_metadata
from tensorboard.plugins.scalar import metadata as scalar_metadata
from tensorboard.util import tensor_util

from tfexplain.wire import schema


@dataclass(frozen=True, eq=False)
class Entry:
    """Holds an event that is yet to be written.

    `describe` makes its metadata, which only the first event of a tag in a file carries.
    """

    tag: str
    step: int
    tensor: TensorProto
    describe: Callable[[], SummaryMetadata]
    wall_time: float = field(default_factory=time.time)

    @property
    def size(self) -> int:
        """Approximate size in bytes."""
        return int(self.tensor.ByteSize())

    def event(self, *, described: bool) -> bytes:
        """Returns the serialized event, without its metadata where the file holds them already."""
        metadata = None if described else self.describe()
        value = Summary.Value(tag=self.tag, metadata=metadata, tensor=self.tensor)
        event = Event(wall_time=self.wall_time, step=self.step, summary=Summary(value=[value]))
        serialized: bytes = event.SerializeToString()
        return serialized


def record(tag: schema.Tag, step: int, data: bytes, content: schema.Content) -> Entry:
    """Makes the event of a record of our own tab."""
    return Entry(str(tag), step, _strings(data), partial(_ours, content, DATA_CLASS_TENSOR))


def blobs(tag: schema.Tag, step: int, data: Sequence[bytes], content: schema.Content) -> Entry:
    """Makes the event of pictures of our own tab."""
    describe = partial(_ours, content, DATA_CLASS_BLOB_SEQUENCE)
    return Entry(str(tag), step, _strings(data), describe)


def image(tag: str, step: int, png: bytes, size: tuple[int, int], text: str) -> Entry:
    """Makes a picture for the Images tab; `size` is (width, height)."""
    metadata = image_metadata.create_summary_metadata(tag, text, converted_to_tensor=True)
    parts = [str(size[0]).encode(), str(size[1]).encode(), png]
    return Entry(tag, step, _strings(parts), partial(_classed, metadata, DATA_CLASS_BLOB_SEQUENCE))


def scalar(tag: str, step: int, value: float, text: str) -> Entry:
    """Makes a number for the Scalars tab, which keeps float32 only."""
    metadata = scalar_metadata.create_summary_metadata(tag, text)
    tensor = tensor_util.make_tensor_proto(np.float32(value))
    return Entry(tag, step, tensor, partial(_classed, metadata, DATA_CLASS_SCALAR))


def histogram(tag: str, step: int, buckets: npt.NDArray[np.float64], text: str) -> Entry:
    """Makes counts for Histograms and Distributions; `buckets` is [n, 3]: left, right, count."""
    dims = [TensorShapeProto.Dim(size=size) for size in buckets.shape]
    tensor = TensorProto(
        dtype=DT_DOUBLE,
        tensor_shape=TensorShapeProto(dim=dims),
        tensor_content=np.asarray(buckets, "<f8").tobytes(),
    )
    return Entry(tag, step, tensor, partial(_of_histogram, tag, text))


def _strings(data: bytes | Sequence[bytes]) -> TensorProto:
    """Converts bytes to a scalar string tensor, several to a vector of them."""
    single = isinstance(data, bytes)
    dims = [] if single else [TensorShapeProto.Dim(size=len(data))]
    return TensorProto(
        dtype=DT_STRING,
        tensor_shape=TensorShapeProto(dim=dims),
        string_val=[data] if single else data,
    )


def _ours(content: schema.Content, data_class: Any) -> SummaryMetadata:
    plugin = SummaryMetadata.PluginData(plugin_name=schema.PLUGIN_NAME, content=content.encode())
    return SummaryMetadata(plugin_data=plugin, data_class=data_class)


def _of_histogram(tag: str, text: str) -> SummaryMetadata:
    metadata = histogram_metadata.create_summary_metadata(tag, text)
    return _classed(metadata, DATA_CLASS_TENSOR)


def _classed(metadata: SummaryMetadata, data_class: Any) -> SummaryMetadata:
    metadata.data_class = data_class
    return metadata
