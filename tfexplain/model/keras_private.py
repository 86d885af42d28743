"""Reads and sets what Keras, tf_keras, TensorFlow and tfmot keep private, one function for each.

Seen in Keras 3.15, tf_keras 2.21, TensorFlow 2.21 and tfmot 0.8.1. Where a later version renames
one of these, this is the only file to change; `tests/tfexplain/model/test_keras_private.py` tells
which. Modules are imported when they are asked for, so that one that is gone breaks what needs it.
"""

from __future__ import annotations

import inspect
import random
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any

import tensorflow as tf

from tfexplain.model.replaced import replaced
from tfexplain.types import Layer, Model, Tensor

# What runs and reads .tflite files inside TensorFlow, which has announced to drop them: then
# `tfexplain.model.litert` takes the package ai-edge-litert.
LITE_INTERPRETER = "tensorflow.lite.python.interpreter"
LITE_SCHEMA = "tensorflow.lite.python.schema_py_generated"


def record_reader(path: str) -> Any:
    """Opens a TFRecord file whose records are read by where they begin: `.read(offset)` returns
    (bytes, offset of the next), and raises DataLossError where checksums say so.

    `tf_record_random_reader`, which TensorFlow does not hand on. Without it no TFRecord file can be
    read by rows.
    """
    from tensorflow.python.lib.io import tf_record

    return tf_record.tf_record_random_reader(path)


# ------------------------------------------------------------------------ layers and models


def is_layer(value: Any) -> bool:
    """Tells layers and models of Keras from anything else.

    `_flatten_layers` of `Layer` in Keras 3 and tf_keras; operations of a Functional model do not
    have it. Without it models count as functions of arrays.
    """
    return hasattr(value, "_flatten_layers")


def own_layers(layer: Layer) -> list[Layer]:
    """Returns the layers that a layer or model holds itself, in the order they were given to it.

    `_flatten_layers` of `Layer` in Keras 3 and tf_keras. Without it no layer can be named.
    """
    return list(layer._flatten_layers(include_self=False, recursive=False))


def all_layers(model: Model) -> list[Layer]:
    """Returns a model and all layers inside it, however deep.

    `_flatten_layers` of `Layer` in Keras 3 and tf_keras. Without it state is not put back.
    """
    return list(model._flatten_layers())


def inbound_nodes(layer: Layer) -> Sequence[Any]:
    """Returns the calls of a layer in functional graphs, nothing where there is none.

    `_inbound_nodes` of `Layer` in Keras 3 and tf_keras. Without it one counts positions of kernels
    only where a model was traced.
    """
    return getattr(layer, "_inbound_nodes", None) or ()


def graph_outputs(model: Model, layer: Layer) -> list[Any]:
    """Returns what a layer gives in the graph of a functional model, once for each call in it.

    `_keras_history` of symbolic tensors and `_inbound_nodes` of `Layer` in Keras 3. `layer.output`
    is that of its first call anywhere: of a Sequential model that grew by `add`, of another graph.
    """
    found, seen, waiting = [], set(), list(model.outputs)
    while waiting:
        tensor = waiting.pop()
        if id(tensor) in seen:
            continue
        seen.add(id(tensor))
        operation, node, _ = tensor._keras_history
        if operation is layer:
            found.append(tensor)
        waiting += operation._inbound_nodes[node].input_tensors
    return found


def graph_calls(model: Model) -> list[tuple[Any, list[Any], list[Any]]] | None:
    """Returns the calls of a functional model's graph in their order, inputs included: (layer or
    operation, tensors it reads, tensors it gives). None where the model has no such graph.

    `_functional` of `Sequential`, `_nodes_by_depth` of `Functional`, and the nodes' attributes in
    Keras 3 and tf_keras. Without them no model can be shrunk.
    """
    graph = getattr(model, "_functional", None) or model
    by_depth = getattr(graph, "_nodes_by_depth", None)
    if not by_depth:
        return None
    nodes = [node for depth in sorted(by_depth, reverse=True) for node in by_depth[depth]]
    if hasattr(nodes[0], "operation"):
        return [(node.operation, list(node.input_tensors), list(node.outputs)) for node in nodes]
    return [(n.layer, list(n.keras_inputs), tf.nest.flatten(n.outputs)) for n in nodes]


def own_trainable(layer: Layer) -> list[Any]:
    """Returns the trainable variables that a layer holds itself, frozen or not.

    `_trainable_variables` of a Keras 3 layer, `_trainable_weights` of a tf_keras layer; operations
    have neither. Without them no layer counts as one that learns, and kernels are not found.
    """
    for name in ("_trainable_variables", "_trainable_weights"):
        if hasattr(layer, name):
            return list(getattr(layer, name))
    return []


def own_non_trainable(layer: Layer) -> list[Any]:
    """Returns the variables that a layer holds itself and never trains.

    `_non_trainable_variables` of a Keras 3 layer, `_non_trainable_weights` of a tf_keras layer.
    Without them masks are not found, and of models that run Python less state is put back.
    """
    for name in ("_non_trainable_variables", "_non_trainable_weights"):
        if hasattr(layer, name):
            return list(getattr(layer, name))
    return []


def seed_generators(layer: Layer) -> list[Any]:
    """Returns the `SeedGenerator`s that a layer holds itself.

    `_seed_generators` of a Keras 3 layer; tf_keras has none. Without it the seeds of models that
    run Python are not put back.
    """
    return list(getattr(layer, "_seed_generators", None) or ())


def global_seed_generator() -> Any | None:
    """Returns the `SeedGenerator` that all layers without one share; None before its first use.

    `global_seed_generator` in `keras.src.backend.common.global_state`. Without it the next draws of
    models that run Python are others after a pass.
    """
    from keras.src.backend.common.global_state import get_global_attribute

    return get_global_attribute("global_seed_generator")


def collected_losses(layer: Layer) -> list[Any] | None:
    """Returns the list in which a layer collects losses of its last call; None where it has none.

    `_losses` of `Layer` in Keras 3 and tf_keras, the list itself. Without it losses that a pass
    adds stay on the layer.
    """
    return getattr(layer, "_losses", None)


def is_recomputed(layer: Layer) -> bool:
    """Whether Keras recomputes a layer in the backward pass (`RematScope`).

    `_remat_mode` of a Keras 3 layer, from 3.9 on. Without it such layers have a gradient of None.
    """
    return getattr(layer, "_remat_mode", None) is not None


def takes_cudnn(layer: Layer) -> bool:
    """Whether a recurrent layer is computed by cuDNN where there is a GPU.

    `use_cudnn` of LSTM and GRU in Keras 3, which is public; `_could_use_gpu_kernel` in tf_keras.
    Without it such a layer fails in the first step of a penalty on gradients.
    """
    if hasattr(layer, "use_cudnn"):
        return bool(layer.use_cudnn) and not getattr(layer, "recurrent_dropout", 0)
    return bool(getattr(layer, "_could_use_gpu_kernel", False))


# -------------------------------------------------------------------------- outputs of layers


def keras_mask(tensor: Tensor) -> Tensor | None:
    """Returns the mask that Keras keeps on a layer's output.

    `_keras_mask` of tensors in Keras 3 and tf_keras. Without it padding counts as values.
    """
    return getattr(tensor, "_keras_mask", None)


def set_keras_mask(tensor: Tensor, mask: Tensor) -> None:
    """Puts a mask on a tensor, as the output of a layer has it.

    `_keras_mask` of tensors in Keras 3 and tf_keras. Where it is another attribute, layers behind a
    replaced output get no mask.
    """
    tensor._keras_mask = mask


def keras_logits(tensor: Tensor) -> Tensor | None:
    """Returns what a softmax or sigmoid output was before; None where Keras does not keep it.

    `_keras_logits` of tensors in Keras 3 and tf_keras. Without it probabilities are explained.
    """
    return getattr(tensor, "_keras_logits", None)


# --------------------------------------------------------------------- kernels and quantization


def stored_variable(layer: Layer, name: str) -> Any:
    """Returns the variable behind a layer's `kernel` or `embeddings`; None where there is none.

    `_kernel` and `_embeddings` of Keras 3 layers, for `kernel` gives codes or adds LoRA's update.
    Without it quantized layers have a row that says that they cannot be read.
    """
    return vars(layer).get(f"_{name}")


def dequantizing_scale(layer: Layer) -> Callable[[Any], Any] | None:
    """Returns what brings an int8 scale to the axes of the kernel; None where it has them already.

    `_adjust_scale_for_dequant` of `EinsumDense` in Keras 3. Without it scales of such a layer
    are read along the last axis, which is wrong where the kernel has its outputs elsewhere.
    """
    return getattr(layer, "_adjust_scale_for_dequant", None)


def quantized_weights(wrapper: Layer) -> list[Any]:
    """Returns (variable, quantizer, its variables by name) of each weight that a wrapper quantizes.

    `_weight_vars` of `QuantizeWrapper` in tfmot. Without it such layers cannot be read.
    """
    return list(wrapper._weight_vars)


@contextmanager
def without_fake_quantization(layers: Iterable[Layer]) -> Iterator[None]:
    """While open, layers under quantization-aware training compute with their float weights, and
    nothing that they take or give out is rounded; for tracing, as `tap` is.

    `_make_quantizer_fn` and `_quantize_activations` of `QuantizeWrapper`, `_should_pre_quantize`
    and `_should_post_quantize` of the activations, and `quantizer` of `QuantizeLayer` in tfmot.
    Without them such a model is compared with a float one that is given only.
    """

    def exact(_: Any, x: Any, *__: Any) -> Callable[[], Any]:
        return lambda: x

    with ExitStack() as stack:
        for layer in layers:
            if type(layer).__name__ == "QuantizeLayer":
                stack.enter_context(replaced(layer, "quantizer", None))
            if type(layer).__name__.startswith("QuantizeWrapper"):
                stack.enter_context(replaced(layer, "_make_quantizer_fn", exact))
                for activation in layer._quantize_activations:
                    for name in ("_should_pre_quantize", "_should_post_quantize"):
                        stack.enter_context(replaced(activation, name, lambda: False))
        yield


# ------------------------------------------------------------------------------------ callbacks


# What a `Callback` of Keras 3 keeps its model by; copies of a callback begin without it. Where it
# is called otherwise, they hold the model of the original.
CALLBACK_MODEL = "_model"


class BatchHooks:
    """Tells Keras which hooks of a callback are there to be called.

    `_supports_tf_logs` and `_implements_..._batch_hooks` of `Callback` in tf_keras, which without
    them waits at each batch until its logs are numbers. Keras 3 asks `async_safe`, which is public.
    """

    _supports_tf_logs = True

    @property
    def _reads_train_batches(self) -> bool:
        """Whether `on_train_batch_end` has something to do."""
        return False

    def _implements_train_batch_hooks(self) -> bool:
        return self._reads_train_batches

    def _implements_test_batch_hooks(self) -> bool:
        return False

    def _implements_predict_batch_hooks(self) -> bool:
        return False


def steps_per_execution(model: Model) -> int:
    """Returns how many training steps Keras runs at once.

    `steps_per_execution` of a Keras 3 model, which is public; `_steps_per_execution` of tf_keras, a
    variable. Without it what is due after some steps is told of others.
    """
    steps = getattr(model, "steps_per_execution", None)
    steps = getattr(model, "_steps_per_execution", None) if steps is None else steps
    # Under a strategy it has a copy on each device, and is no number.
    return 1 if steps is None else int(steps.numpy() if hasattr(steps, "numpy") else steps)


def set_constraint(variable: Any, constraint: Callable[[Any], Any] | None) -> None:
    """Sets what an optimizer applies to a variable after each step.

    `constraint` of a Keras 3 variable, which is public; `_constraint` of TensorFlow's, which
    tf_keras has. Without it nothing of tf_keras is pruned in training.
    """
    if hasattr(variable, "_variable"):  # of tf_keras, cast where it is read
        set_constraint(variable._variable, constraint)
    elif isinstance(variable, tf.Variable):
        for copy in getattr(variable, "values", None) or (variable,):
            copy._constraint = constraint
    else:
        variable.constraint = constraint


def moving_average(optimizer: Any, variable: Any) -> Any | None:
    """Returns the moving average that an optimizer keeps of a variable; None where it keeps none.

    `_model_variables_moving_average` in the order of `_trainable_variables` in Keras 3, and of
    `_index_dict` in tf_keras. Without them averages of pruned weights are no zeros.
    """
    averages = getattr(optimizer, "_model_variables_moving_average", None) or ()
    if not getattr(optimizer, "use_ema", False) or not averages:
        return None
    trained = getattr(optimizer, "_trainable_variables", None)
    if trained is not None:
        found = (i for i, other in enumerate(trained) if other is variable)
        index = next(found, None)
    else:
        index = optimizer._index_dict.get(optimizer._var_key(variable))
    return None if index is None else averages[index]


@contextmanager
def computed_in_float32(layers: Sequence[Layer]) -> Iterator[None]:
    """While open, layers compute in float32 where they are called.

    `_dtype_policy` of a layer in Keras 3 and tf_keras, which was `dtype_policy` once, and
    `_compute_dtype_object` of tf_keras. Without them nothing is said of underflow in float16.
    """
    with ExitStack() as stack:
        for layer in layers:
            name = "_dtype_policy" if hasattr(layer, "_dtype_policy") else "dtype_policy"
            policy = type(getattr(layer, name))("float32")
            stack.enter_context(replaced(layer, name, policy))
            if hasattr(layer, "_compute_dtype_object"):
                stack.enter_context(replaced(layer, "_compute_dtype_object", tf.float32))
        yield


# ------------------------------------------------------------------------- graphs of TensorFlow


def is_recording() -> bool:
    """Whether a tape that is open records here.

    `could_possibly_record` of `tensorflow.python.eager.record`; not inside a function that is run
    again for the gradient. Without it layers inside such functions would be offered.
    """
    from tensorflow.python.eager.record import could_possibly_record

    return bool(could_possibly_record())


@contextmanager
def operations_made_by(
    graph: Any, wrap: Callable[[Callable[..., Any]], Callable[..., Any]]
) -> Iterator[None]:
    """While open, the operations of a graph are made by `wrap` of the method that makes them.

    `_create_op_internal(type, inputs, ...)` of `tf.Graph`. Without it no attention is found.
    """
    before = graph._create_op_internal
    graph._create_op_internal = wrap(before)
    try:
        yield
    finally:
        if inspect.ismethod(before):  # of its class: nothing may stay behind on the graph
            del graph._create_op_internal
        else:
            graph._create_op_internal = before


@contextmanager
def casts_made_by(wrap: Callable[[Callable[..., Any]], Callable[..., Any]]) -> Iterator[None]:
    """While open, casts are made by `wrap` of the function that makes them.

    `cast` of `tensorflow.python.ops.gen_math_ops`, which `tf.cast` and Keras call. Where they
    call another, models that cast bytes themselves have no gradient at their input.
    """
    from tensorflow.python.ops import gen_math_ops

    with replaced(gen_math_ops, "cast", wrap(gen_math_ops.cast)):
        yield


def variable_dtype(handle: Tensor) -> tf.DType | None:
    """Returns the type of a variable's numbers; None where a handle is of something else (a table).

    `_handle_data` of resource tensors. Without it nothing that a pass writes is put back.
    """
    data = getattr(handle, "_handle_data", None)
    if data is None or not data.is_set or len(data.shape_and_type) != 1:
        return None
    return tf.as_dtype(data.shape_and_type[0].dtype)


@contextmanager
def another_seed() -> Iterator[None]:
    """While open, TensorFlow draws by a seed of its own; training goes on as if nothing was drawn.

    `_seed` and `_rng` of the context in `tensorflow.python.eager.context`. Another seed than that
    of training, for a cached kernel of the same seeds would go on where it was. Without them the
    next random layers draw other numbers.
    """
    from tensorflow.python.eager import context

    tensorflow = context.context()
    seed = 1 if tensorflow._seed is None else ~tensorflow._seed
    with replaced(tensorflow, "_seed", seed), replaced(tensorflow, "_rng", random.Random(1)):
        yield


# ---------------------------------------------------------------- distribution by TensorFlow


def is_default_strategy(strategy: Any) -> bool:
    """Whether a `tf.distribute.Strategy` is the one that stands for none.

    The class `_DefaultDistributionStrategy`. Where it is called otherwise, training without a
    strategy is refused.
    """
    return type(strategy).__name__ == "_DefaultDistributionStrategy"


@contextmanager
def read_without_others(variables: Sequence[Any], values: Sequence[Any]) -> Iterator[None]:
    """While open, variables that replicas keep apart are read as these values, asking nobody.

    `_get_cross_replica` of distributed variables, which reading calls outside a replica. Where
    reading calls another method, one worker waits for the others.
    """
    for variable, value in zip(variables, values, strict=True):
        object.__setattr__(variable, "_get_cross_replica", lambda value=value: value)
    try:
        yield
    finally:
        for variable in variables:
            object.__delattr__(variable, "_get_cross_replica")


@contextmanager
def outside_strategies() -> Iterator[None]:
    """While open, nothing that is traced in the current graph knows of a `tf.distribute.Strategy`.

    `_distribution_strategy_stack` of `tf.Graph`. Without it the loss of a batch is divided by the
    number of replicas, as if each had one of its own.
    """
    graph = tf.compat.v1.get_default_graph()
    before, graph._distribution_strategy_stack = graph._distribution_strategy_stack, []
    try:
        yield
    finally:
        graph._distribution_strategy_stack = before
