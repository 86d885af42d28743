"""Answers `inputs`: the pictures of one model input.

The log is hostile until checked: what is wrong with a picture is listed in its place.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from tfexplain.tb_plugin.arguments import RequestError, not_found, shown
from tfexplain.tb_plugin.framing import Body
from tfexplain.tb_plugin.listing import Pictures
from tfexplain.tb_plugin.log import SEE_RUNS, Log
from tfexplain.wire import schema
from tfexplain.wire.pictures import MAX_PICTURES, MAX_PICTURES_AREA

# One blob at a time has a floor of 44 ms in RustBoard.
PICTURE_READERS = 16


def read_pictures(log: Log, run: str, name: str) -> tuple[bytes, str]:
    """Returns the pictures of one model input, framed as `inputs` answers them, and their version.

    Raises:
        RequestError: The run or the input does not exist.
    """
    inputs = log.pictures(run)
    if name not in inputs:
        raise not_found("name", name, inputs, SEE_RUNS)
    listed, body = inputs[name], Body()
    references = _references(log, run, listed)
    pictures: list[dict[str, Any]] = []
    bounds = _Bounds(body)
    with ThreadPoolExecutor(PICTURE_READERS) as pool:
        # By the handful, so that pictures over the limit are not all held at once.
        for start in range(0, len(references), PICTURE_READERS):
            handful = references[start : start + PICTURE_READERS]
            for data in pool.map(lambda r: _blob(log, r), handful):
                pictures.append({"sample": len(pictures), **bounds.picture(data)})
    return body.behind({"pictures": pictures}), listed.version


def _references(log: Log, run: str, listed: Pictures) -> Sequence[Any]:
    # Checked before reading: Python-mode TensorBoard makes one object for each claimed blob.
    references: Sequence[Any] = ()
    if listed.count <= MAX_PICTURES:
        references = log.newest_blobs(run, f"inputs/{listed.name}")
    if listed.count > MAX_PICTURES or len(references) > MAX_PICTURES:
        raise RequestError(
            422,
            f"name={shown(listed.name)}: expected at most {MAX_PICTURES} pictures; got "
            f"{listed.count}. Explain fewer samples (samples=).",
        )
    return references


def _blob(log: Log, reference: Any) -> object:
    try:
        return log.blob(reference)
    except Exception as error:  # whatever a provider makes of a hostile log
        return error


@dataclass
class _Bounds:
    """Limits what all pictures of an answer may take, of it and of the browser's memory."""

    body: Body
    area: int = field(default_factory=lambda: MAX_PICTURES_AREA)

    def picture(self, data: object) -> dict[str, Any]:
        """Returns where a picture lies in the answer, and its size; or what is wrong with it."""
        try:
            if not isinstance(data, bytes):
                raise schema.SchemaError(f"picture: expected bytes; got {type(data).__name__}")
            width, height = schema.check_picture(data)
            if not self.body.fits(len(data)) or self.area < width * height:
                raise schema.SchemaError("picture: the pictures before it already fill the answer")
        except schema.SchemaError as error:
            return {"error": str(error)}
        self.area -= width * height
        return {**self.body.add(data), "width": width, "height": height}
