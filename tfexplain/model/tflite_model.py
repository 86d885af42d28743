"""Predictions of a .tflite file, with numbers in and out like those of the model it came from."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from tfexplain.errors import TfexplainError
from tfexplain.model.litert import open_interpreter
from tfexplain.types import Array

Shape: TypeAlias = "tuple[int | None, ...]"
Inputs: TypeAlias = "npt.ArrayLike | Mapping[str, npt.ArrayLike] | Sequence[npt.ArrayLike]"

# Samples that are computed at once, where the file leaves the size of a batch open.
BATCH = 32


@dataclass(frozen=True, eq=False)
class Kept:
    """Holds a tensor between layers: values [N, ...], and what its codes can express at all."""

    values: Array
    limits: tuple[float, float] | None


class TfliteModel:
    """A .tflite file, run by TensorFlow's own interpreter or by that of `ai-edge-litert`.

    Not to be used from several threads at once.

    Attributes:
        name: The file's name without its ending.
        input_shapes: Shapes by input name, samples first; None where a side is open.
        output_shape: Of the only output.
    """

    def __init__(self, path: str | os.PathLike[str] | bytes, keeps: bool = False) -> None:
        """Open a file.

        Args:
            path: Of the file, or its bytes.
            keeps: Whether `kept` can be asked for, which makes it slower.

        Raises:
            OSError: the file cannot be read.
            TfexplainError: it is no .tflite file, it is damaged, or it has several outputs.
            ImportError: neither TensorFlow's interpreter nor `ai-edge-litert` is there.
        """
        given = isinstance(path, bytes)
        data = path if isinstance(path, bytes) else Path(path).read_bytes()
        title = f"{len(data):,} bytes" if isinstance(path, bytes) else os.fspath(path)
        self.name = "model" if given else Path(title).stem
        self._interpreter = _opened(data, title, keeps)
        self._inputs, outputs = _details(self._interpreter)
        if len(outputs) != 1:
            raise TfexplainError(
                f"path={title!r}: expected a model of one output; got {len(outputs)}: "
                f"{', '.join(outputs)}. Convert one that has only the output to compare."
            )
        (self._output,) = outputs.values()
        self.input_shapes = {name: _shape(details) for name, details in self._inputs.items()}
        self.output_shape = _shape(self._output)
        self._resizable = all(shape[:1] == (None,) for shape in self.input_shapes.values())

    def predict(self, inputs: Inputs, batch_size: int = BATCH) -> npt.NDArray[np.float32]:
        """Outputs [N, ...], float32 whatever type the file computes in.

        Args:
            inputs: [N, ...] scaled as the original model takes it, never codes; for several inputs
                a dict by name, or a list in the order of `input_shapes`.
            batch_size: Samples at once, where the file leaves that open.

        Raises:
            TfexplainError: names, shapes or values do not fit.
        """
        arrays = self._arrays(inputs)
        count = len(next(iter(arrays.values())))
        if not count:
            return np.zeros((0, *(side or 0 for side in self.output_shape[1:])), np.float32)
        if self._resizable:
            try:
                return self._run(arrays, count, min(batch_size, count), resize=True)
            except (RuntimeError, ValueError):
                # Some graphs have the size that they were converted with written into a reshape.
                self._resizable = False
        fixed = next(iter(self._inputs.values()))["shape"]
        return self._run(arrays, count, int(fixed[0]) if len(fixed) else 1, resize=False)

    @property
    def chunk(self) -> int:
        """How many samples are computed at once at most, where the file leaves that not open."""
        fixed = next(iter(self._inputs.values()))["shape"]
        return BATCH if self._resizable else int(fixed[0]) if len(fixed) else 1

    @property
    def limits(self) -> tuple[float, float] | None:
        """What the codes of the output can express; None for floats."""
        return _codes(self._output)

    def kept(self) -> dict[str, Kept]:
        """Reads the tensors of the samples that were computed last, by name; of a model that was
        opened with `keeps`. Those that the interpreter has not kept are left out."""
        found = {}
        for details in self._interpreter.get_tensor_details():
            try:
                raw = self._interpreter.get_tensor(details["index"])
            except ValueError:
                continue
            if raw.dtype.kind in "fiu":
                found[str(details["name"])] = Kept(_values(raw, details), _codes(details))
        return found

    def _run(
        self, arrays: dict[str, Array], count: int, size: int, resize: bool
    ) -> npt.NDArray[np.float32]:
        """All samples, `size` at a time; the last chunk is filled up with its first sample."""
        self._allocate(arrays, size, resize)
        results = []
        for start in range(0, count, size):
            rows = np.arange(start, start + size)
            rows[rows >= count] = start
            for name, details in self._inputs.items():
                self._interpreter.set_tensor(details["index"], arrays[name][rows])
            self._interpreter.invoke()
            result = self._result()
            if len(result) != size:
                raise TfexplainError(
                    f"path={self.name!r}: expected {size} outputs for {size} inputs; got "
                    f"{len(result)}. Convert the model with the batch as its first axis."
                )
            results.append(result[: count - start])
        return np.concatenate(results)

    def _allocate(self, arrays: dict[str, Array], size: int, resize: bool) -> None:
        for name, details in self._inputs.items():
            shape = (size, *arrays[name].shape[1:]) if resize else details["shape"]
            self._interpreter.resize_tensor_input(details["index"], shape)
        self._interpreter.allocate_tensors()

    def _result(self) -> Array:
        return _values(self._interpreter.get_tensor(self._output["index"]), self._output)

    def _arrays(self, inputs: Inputs) -> dict[str, Array]:
        """Inputs by name, checked, in the types that the file takes."""
        named = _by_name(inputs, list(self._inputs))
        arrays = {name: np.asarray(value) for name, value in named.items()}
        for name, array in arrays.items():
            expected = self.input_shapes[name]
            sides = zip(array.shape[1:], expected[1:], strict=False)
            if array.ndim != len(expected) or any(b not in (None, a) for a, b in sides):
                raise TfexplainError(
                    f"inputs: expected shape {('N', *expected[1:])} for {name!r}; got "
                    f"{array.shape}. Prepare inputs as for the model that was converted."
                )
        counts = {name: len(array) for name, array in arrays.items()}
        if len(set(counts.values())) > 1:
            raise TfexplainError(f"inputs: expected as many samples for each; got {counts}.")
        return {name: _stored(arrays[name], self._inputs[name], name) for name in self._inputs}


def _opened(data: bytes, title: str, keeps: bool) -> Any:
    try:
        interpreter = open_interpreter(data, keeps)
        interpreter.allocate_tensors()
    except (ValueError, RuntimeError) as error:
        raise TfexplainError(
            f"path={title!r}: cannot be opened as a .tflite file: {error}. Pass a file that "
            "tf.lite.TFLiteConverter wrote."
        ) from error
    return interpreter


def _values(raw: Array, details: Any) -> Array:
    """What codes stand for, float32."""
    scale, zero = details["quantization"]
    if scale:
        return np.asarray((raw.astype(np.float32) - zero) * np.float32(scale))
    return np.asarray(raw.astype(np.float32))


def _codes(details: Any) -> tuple[float, float] | None:
    """Least and greatest value that the codes of a tensor can express; None for floats."""
    scale, zero = details["quantization"]
    if not scale or not np.issubdtype(details["dtype"], np.integer):
        return None
    limits = np.iinfo(details["dtype"])
    return float((limits.min - zero) * scale), float((limits.max - zero) * scale)


def _details(interpreter: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """Inputs and outputs by the names of the signature, else of the tensors."""
    signatures = list(interpreter.get_signature_list())
    if len(signatures) == 1:
        runner = interpreter.get_signature_runner(signatures[0])
        return runner.get_input_details(), runner.get_output_details()
    both = interpreter.get_input_details(), interpreter.get_output_details()
    inputs, outputs = ({details["name"]: details for details in tensors} for tensors in both)
    return inputs, outputs


def _shape(details: Any) -> Shape:
    return tuple(None if side < 0 else int(side) for side in details["shape_signature"])


def _by_name(inputs: Inputs, names: list[str]) -> dict[str, npt.ArrayLike]:
    if isinstance(inputs, Mapping):
        if set(inputs) != set(names):
            raise TfexplainError(f"inputs: expected the names {names}; got {sorted(inputs)}.")
        return dict(inputs)
    if len(names) == 1:
        return {names[0]: np.asarray(inputs)}
    if not isinstance(inputs, (list, tuple)) or len(inputs) != len(names):
        raise TfexplainError(
            f"inputs: expected {len(names)} arrays, for {names}; got another number."
        )
    return dict(zip(names, inputs, strict=True))


def _stored(array: Array, details: Any, name: str) -> Array:
    """Numbers as the file takes them: codes where it is quantized."""
    dtype, (scale, zero) = np.dtype(details["dtype"]), details["quantization"]
    if not np.issubdtype(dtype, np.integer):
        return array.astype(dtype)
    whole = np.rint(array / scale + zero) if scale else array
    if np.isnan(whole).any() or (not scale and (np.rint(whole) != whole).any()):
        raise TfexplainError(
            f"inputs: expected {'numbers' if scale else 'whole numbers'} for {name!r}; got NaN or "
            "fractions. Prepare inputs as for the model that was converted."
        )
    limits = np.iinfo(dtype)
    return np.clip(whole, limits.min, limits.max).astype(dtype)
