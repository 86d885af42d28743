""".tflite files made by the real converter, and what TensorFlow's interpreter says of them."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from typing import Any

import flatbuffers
import numpy as np
import tensorflow as tf
from tensorflow.lite.python import schema_py_generated as schema

CODES = vars(schema.BuiltinOperator)


def convert(
    model: Any,
    mode: str = "float",
    sparse: bool = False,
    loops: bool = False,
    adjust: Callable[[Any], None] = lambda converter: None,
) -> bytes:
    """A model as a file: `float`, `float16`, `dynamic` range, or `int8` throughout."""
    converter = tf.lite.TFLiteConverter.from_keras_model(model)
    optimizations = [tf.lite.Optimize.EXPERIMENTAL_SPARSITY] if sparse else []
    if mode != "float":
        optimizations.append(tf.lite.Optimize.DEFAULT)
    converter.optimizations = optimizations
    if mode == "float16":
        converter.target_spec.supported_types = [tf.float16]
    if mode == "int8":
        converter.representative_dataset = lambda: _samples(model)
        converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
    if loops:  # which have parts that only TensorFlow's own operators know
        sets = [tf.lite.OpsSet.TFLITE_BUILTINS, tf.lite.OpsSet.SELECT_TF_OPS]
        converter.target_spec.supported_ops = sets
    adjust(converter)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the converter, about itself
        result: bytes = converter.convert()
    return result


def _samples(model: Any) -> Iterator[list[Any]]:
    rng = np.random.default_rng(0)
    for _ in range(100):
        yield [rng.normal(size=(1, *t.shape[1:])).astype("float32") for t in model.inputs]


def interpreter(data: bytes) -> Any:
    """TensorFlow's own, ready to run, without delegates that would move weights."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "\\s+Warning: tf.lite.Interpreter is deprecated")
        found = tf.lite.Interpreter(
            model_content=data,
            experimental_op_resolver_type=(
                tf.lite.experimental.OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES
            ),
        )
    found.allocate_tensors()
    return found


def run(data: bytes, rows: Any) -> Any:
    """float32 outputs of the only output for each row of the only input."""
    one = interpreter(data)
    (fed,), (given,) = one.get_input_details(), one.get_output_details()
    results = []
    for row in rows:
        one.set_tensor(fed["index"], row[None].astype(fed["dtype"]))
        one.invoke()
        results.append(one.get_tensor(given["index"])[0].copy())
    return np.stack(results)


def edited(data: bytes, change: Callable[[Any], None]) -> bytes:
    """The file after `change` was made to its content, as the schema's own objects have it."""
    content = schema.ModelT.InitFromObj(schema.Model.GetRootAs(data, 0))
    change(content)
    builder = flatbuffers.Builder(1024)
    builder.Finish(content.Pack(builder), b"TFL3")
    return bytes(builder.Output())


def operator_of(content: Any, code: str) -> Any:
    """The first operator of this kind."""
    return next(
        operator
        for operator in content.subgraphs[0].operators
        if content.operatorCodes[operator.opcodeIndex].builtinCode == CODES[code]
    )


def weight_of(content: Any, code: str, position: int = 1) -> tuple[Any, Any]:
    """(tensor, buffer) of the weights of the first operator of this kind."""
    graph, operator = content.subgraphs[0], operator_of(content, code)
    tensor = graph.tensors[operator.inputs[position]]
    return tensor, content.buffers[tensor.buffer]
