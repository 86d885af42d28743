"""What runs and parses .tflite files: what TensorFlow brings along, else ai-edge-litert.

TensorFlow is to drop its interpreter; the package `ai-edge-litert` is the same by itself.
"""

from __future__ import annotations

import warnings
from functools import cache
from importlib import import_module
from typing import Any

from tfexplain.model.keras_private import LITE_INTERPRETER, LITE_SCHEMA

# (module of the interpreter, module of the flatbuffer's schema), in the order of preference.
PLACES = (
    (LITE_INTERPRETER, LITE_SCHEMA),
    ("ai_edge_litert.interpreter", "ai_edge_litert.schema_py_generated"),
)


def open_interpreter(data: bytes, keeps: bool = False) -> Any:
    """An interpreter of the file's bytes; raises what it raises on bytes that make no sense.

    Args:
        data: The file's bytes.
        keeps: Whether tensors between layers are kept, which is slower.

    Raises:
        ImportError: none is installed.
    """
    with warnings.catch_warnings():
        # It has been "scheduled for deletion in TF 2.20", and is what TensorFlow brings along.
        warnings.filterwarnings("ignore", r"\s*Warning: tf\.lite\.Interpreter is deprecated")
        lite = _first(0)
        if not keeps:
            return lite.Interpreter(model_content=data)
        # A delegate computes many operators at once, and has no tensors between them.
        plain = lite.OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES
        return lite.Interpreter(
            model_content=data,
            experimental_preserve_all_tensors=True,
            experimental_op_resolver_type=plain,
        )


def schema() -> Any:
    """The classes that a .tflite file's flatbuffer is read with.

    Raises:
        ImportError: none is installed.
    """
    return _first(1)


def _first(part: int) -> Any:
    return _imported(tuple(place[part] for place in PLACES))


@cache
def _imported(names: tuple[str, ...]) -> Any:
    errors = []
    for name in names:
        try:
            return import_module(name)
        except ImportError as error:
            errors.append(f"{name}: {error}")
    raise ImportError(
        f"a .tflite file needs an interpreter; none was found ({'; '.join(errors)}). "
        "Run `pip install ai-edge-litert`."
    )
