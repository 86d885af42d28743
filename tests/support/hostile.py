"""A log as an attacker or a full disk would leave it, with one sound series in its middle."""

from __future__ import annotations

import json
import struct
from pathlib import Path
from typing import Any

import numpy as np
from tensorboard.compat.proto.event_pb2 import Event
from tensorboard.compat.proto.summary_pb2 import (
    DATA_CLASS_BLOB_SEQUENCE,
    DATA_CLASS_TENSOR,
    Summary,
    SummaryMetadata,
)
from tensorboard.compat.proto.tensor_pb2 import TensorProto
from tensorboard.compat.proto.tensor_shape_pb2 import TensorShapeProto
from tensorboard.compat.proto.types_pb2 import DT_BFLOAT16, DT_FLOAT, DT_STRING
from tensorboard.summary.writer.event_file_writer import EventFileWriter

from support.logs import LogWriter, png
from tfexplain.wire import schema
from tfexplain.wire.container import pack

MAP = schema.Content("map", "logit", False, (2, 2), "image")
GOOD = schema.Map(np.array([[1, 2], [3, 4]], np.float32), 0.5, 1)
HALVES = {"values": np.zeros((2, 2), np.float16)}
HEADER = {"scale": "1.0", "score": "0.5", "target": "3", "gap": ""}


def bad_records() -> dict[str, bytes]:
    """Records that must be listed with a message, by what is wrong with them."""
    whole = GOOD.encode()
    newer = json.dumps({"__metadata__": {"version": "2.0", "kind": "map"}}).encode()
    return {
        "truncated": whole[:-3],
        "empty": b"",
        "noise": bytes(range(256)),
        "wrong_kind": schema.Metrics({"loss": 1.0}).encode(),
        "wrong_dtype": pack("map", {"values": np.zeros((2, 2), np.float32)}, HEADER),
        "wrong_rank": pack("map", {"values": np.zeros((1, 1, 2, 2), np.float16)}, HEADER),
        "infinite_scale": pack("map", HALVES, {**HEADER, "scale": "inf"}),
        "nan_scale": pack("map", HALVES, {**HEADER, "scale": "nan"}),
        "newer": struct.pack("<Q", len(newer)) + newer,
    }


BAD_TAGS = [
    "",
    "map",
    "map/GradCAM/conv/x",
    "map/GradCAM/<script>alert(1)</script>\u202e/0",
    "map/../../../etc/passwd",
    "inputs/",
    "\x1b[31mred",
]
BAD_CONTENTS = {
    "map/BadContent/empty/0": b"",
    "map/BadContent/list/0": b"[]",
    "map/BadContent/kind/0": b'{"version": "1.0", "kind": []}',
    "map/BadContent/newer/0": b'{"version": "3.0", "kind": "map"}',
    "map/BadContent/other/0": schema.Content("metrics").encode(),
    "map/BadContent/huge/0": b"[" * 70_000,
}


# More values than there is memory for, in a few bytes.
CLAIMS: dict[str, dict[str, Any]] = {
    "strings": {"dtype": DT_STRING, "string_val": [b"a"]},
    "floats": {"dtype": DT_FLOAT, "float_val": [1.0]},
}


def write_claims(run: Path) -> None:
    """Tensors that claim to have 2^31 values."""
    writer = EventFileWriter(str(run))
    for name, fields in CLAIMS.items():
        fields = {**fields, "tensor_shape": _shape(2**31)}
        _write_tensor(writer, f"map/Claims/{name}/0", DATA_CLASS_TENSOR, fields)
        _write_tensor(writer, f"inputs/{name}", DATA_CLASS_BLOB_SEQUENCE, fields)
    writer.close()


def write_hostile_log(log_dir: Path) -> None:
    """Fill the runs `hostile` and `timeless` of a log directory."""
    run = log_dir / "hostile"
    log = LogWriter(run)
    for name, data in bad_records().items():
        log.write(f"map/Bad/{name}/0", 0, data, MAP.encode())
    for tag in BAD_TAGS:
        log.write(tag, 0, GOOD.encode(), MAP.encode())
    for tag, content in BAD_CONTENTS.items():
        log.write(tag, 0, GOOD.encode(), content)
    log.write("map/Mixed/conv/0", 0, GOOD.encode(), MAP.encode())
    log.write("map/Mixed/conv/0", 1, b"broken", MAP.encode())
    log.write("map/Mixed/conv/0", 2, GOOD.encode(), MAP.encode())
    log.write("map/Mixed/blobs/0", 0, [b"x"], MAP.encode())
    few = schema.Values(np.zeros((1, 2)), "tokens", (), ["one"])
    log.write("values/words", 0, few.encode(), _content("values"))
    no_heads = pack("matrix", {"values": np.zeros((1, 2, 2), np.float16)}, {"scale": "1"})
    log.write("matrix/Bad/heads/0", 0, no_heads, _content("matrix"))
    log.write("metrics", -5, schema.Metrics({"loss": 1.0}).encode(), _content("metrics"))
    log.write("metrics", 2**62, schema.Metrics({"loss": 2.0}).encode(), _content("metrics"))
    pictures = [
        png(np.zeros((2, 3), np.uint8)),
        b"<svg onload=alert(1)>",
        b"",
        b"\x89PNG\r\n\x1a\n",
    ]
    log.write("inputs/image", 0, pictures, _content("inputs"))
    log.write("inputs/tensor", 0, b"not a blob sequence", _content("inputs"))
    log.write("inputs/many", 0, [b"x"] * 2000, _content("inputs"))
    log.close()
    _write_tensors(run)
    # RustBoard reads a file up to the first such time only, hence a run of its own.
    timeless = LogWriter(log_dir / "timeless")
    timeless.write("map/A/conv/0", 0, GOOD.encode(), MAP.encode(), wall_time=float("nan"))
    timeless.close()


def _content(kind: schema.Kind) -> bytes:
    return schema.Content(kind).encode()


def _write_tensors(run: Path) -> None:
    """Tensors of dtypes and shapes that this format never writes."""
    writer = EventFileWriter(str(run), filename_suffix=".tensors")
    shape = TensorShapeProto
    odd: dict[str, dict[str, Any]] = {
        "floats": {"dtype": DT_FLOAT, "float_val": [1.0, 2.0], "tensor_shape": _shape(2)},
        "bfloat16": {"dtype": DT_BFLOAT16, "tensor_content": b"ab", "tensor_shape": _shape(1)},
        "strings": {"dtype": DT_STRING, "string_val": [b"a", b"b"], "tensor_shape": _shape(2)},
        "none": {"dtype": DT_STRING, "tensor_shape": shape()},
        "negative": {"dtype": DT_STRING, "string_val": [b"a"], "tensor_shape": _shape(-3)},
        "content": {"dtype": DT_STRING, "tensor_content": b"abc", "tensor_shape": shape()},
    }
    for name, fields in odd.items():
        _write_tensor(writer, f"map/Odd/{name}/0", DATA_CLASS_TENSOR, fields)
    # Python mode knows the tag, and of no event that has it.
    _write_tensor(writer, "map/Absent/tensor/0", DATA_CLASS_TENSOR, None)
    _write_tensor(writer, "inputs/absent", DATA_CLASS_BLOB_SEQUENCE, None)
    numbers = {"dtype": DT_FLOAT, "float_val": [1.0], "tensor_shape": _shape(1)}
    _write_tensor(writer, "inputs/numbers", DATA_CLASS_BLOB_SEQUENCE, numbers)
    scalar = {"dtype": DT_STRING, "string_val": [b"a"], "tensor_shape": shape()}
    _write_tensor(writer, "inputs/scalar", DATA_CLASS_BLOB_SEQUENCE, scalar)
    writer.close()


def _write_tensor(
    writer: EventFileWriter, tag: str, data_class: int, fields: dict[str, Any] | None
) -> None:
    kind: schema.Kind = "inputs" if tag.startswith("inputs") else "map"
    content = schema.Content(kind).encode()
    plugin = SummaryMetadata.PluginData(plugin_name=schema.PLUGIN_NAME, content=content)
    metadata = SummaryMetadata(plugin_data=plugin, data_class=data_class)
    tensor = None if fields is None else TensorProto(**fields)
    value = Summary.Value(tag=tag, metadata=metadata, tensor=tensor)
    writer.add_event(Event(step=0, wall_time=1.0, summary=Summary(value=[value])))


def _shape(*sides: int) -> TensorShapeProto:
    return TensorShapeProto(dim=[TensorShapeProto.Dim(size=side) for side in sides])
