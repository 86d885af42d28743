"""Every private attribute of the libraries, against objects of theirs and what they do."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from importlib import import_module
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
import tf_keras
from keras.src.backend.common import global_state

from tfexplain.model import keras_private as private

LIBRARIES = {"keras": keras, "tf_keras": tf_keras}

in_both = pytest.mark.parametrize("library", LIBRARIES.values(), ids=LIBRARIES)

in_numpy_2 = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")


@pytest.fixture(autouse=True)
def no_seeds_left() -> Iterator[None]:
    """Whoever draws without a seed leaves a generator behind, which others count among states."""
    before = global_state.get_global_attribute("global_seed_generator")
    yield
    global_state.set_global_attribute("global_seed_generator", before)


@in_numpy_2
@in_both
@pytest.mark.parametrize("policy", ["float32", "mixed_bfloat16"])
def test_a_constraint_is_applied_and_an_average_is_found(library: Any, policy: str) -> None:
    dense = library.layers.Dense(2, use_bias=False, dtype=policy)
    model = library.Sequential([library.layers.Input((3,)), dense])
    optimizer = library.optimizers.SGD(0.5, use_ema=True, ema_momentum=0.5)
    model.compile(optimizer, "mse")
    kernel = model.trainable_variables[0]
    assert private.moving_average(optimizer, kernel) is None  # not built
    private.set_constraint(kernel, lambda value: tf.ones_like(tf.convert_to_tensor(value)))
    model.train_on_batch(np.ones((4, 3), "float32"), np.ones((4, 2), "float32"))
    np.testing.assert_array_equal(kernel.numpy(), np.ones((3, 2)))
    average = private.moving_average(optimizer, kernel)
    assert average.shape == kernel.shape
    assert private.moving_average(optimizer, tf.Variable(np.ones((3, 2)))) is None
    private.set_constraint(kernel, None)
    assert kernel.constraint is None
    assert private.moving_average(library.optimizers.SGD(), kernel) is None


def nested(library: Any) -> Any:
    layers = library.layers
    inner = library.Sequential([layers.Input((4,)), layers.Dense(3, name="deep")], name="inner")
    return library.Sequential([layers.Input((4,)), inner, layers.Dense(2, name="last")])


# ------------------------------------------------------------------------ layers and models


def test_outputs_in_a_graph_are_those_of_the_model_s_own_calls() -> None:
    layers = keras.layers
    grown = keras.Sequential([keras.Input((4,)), layers.Dense(3, name="hidden")])
    grown.add(layers.Dense(2))  # and all layers are called once more
    (found,) = private.graph_outputs(grown, grown.get_layer("hidden"))
    through = keras.Model(found, grown.outputs[0])(np.ones((1, 3), "float32"))
    assert np.array_equal(through, grown.layers[-1](np.ones((1, 3), "float32")))
    x, twice = keras.Input((4,)), layers.Dense(4)
    model = keras.Model(x, twice(twice(x)))
    assert len(private.graph_outputs(model, twice)) == 2
    assert private.graph_outputs(model, layers.Dense(4)) == []


@in_both
def test_layers_and_models_are_told_from_the_rest(library: Any) -> None:
    assert private.is_layer(library.layers.Dense(1))
    assert private.is_layer(nested(library))
    assert not private.is_layer(lambda x: x)
    assert not private.is_layer(library.losses.MeanSquaredError())


@in_both
def test_operations_between_layers_are_no_layers(library: Any) -> None:
    x = library.Input((4,))
    model = library.Model(x, library.layers.Dense(4)(x) + x)
    operations = [op for op in getattr(model, "operations", ()) if op not in model.layers]
    assert not any(map(private.is_layer, operations))


@in_both
def test_own_layers_are_those_of_the_first_level_in_order(library: Any) -> None:
    model = nested(library)
    names = [layer.name for layer in private.own_layers(model)]
    assert [name for name in names if "input" not in name] == ["inner", "last"]
    (deep,) = [x for x in private.own_layers(model.get_layer("inner")) if "input" not in x.name]
    assert deep is model.get_layer("inner").get_layer("deep")


@in_both
def test_all_layers_are_the_model_and_those_of_all_levels(library: Any) -> None:
    model = nested(library)
    found = private.all_layers(model)
    assert found[0] is model
    assert {"inner", "deep", "last"} <= {layer.name for layer in found}


@in_both
def test_inbound_nodes_are_the_calls_in_functional_graphs(library: Any) -> None:
    layer, x = library.layers.Dense(4), library.Input((4,))
    assert not private.inbound_nodes(layer)
    first = layer(x)
    second = layer(first)
    model = library.Model(x, second)
    assert model.count_params() == 20
    assert len(private.inbound_nodes(layer)) == 2
    outputs = [tf.nest.flatten(node.outputs)[0] for node in private.inbound_nodes(layer)]
    assert outputs[0] is first
    assert outputs[1] is second


@in_both
def test_own_variables_are_those_of_the_layer_alone(library: Any) -> None:
    model = nested(library)
    assert private.own_trainable(model.get_layer("inner")) == []
    dense = model.get_layer("last")
    assert [id(v) for v in private.own_trainable(dense)] == [id(v) for v in dense.weights]
    dense.trainable = False
    assert len(private.own_trainable(dense)) == 2  # frozen ones too
    norm = library.layers.BatchNormalization()
    norm.build((None, 3))
    own = {id(v) for v in private.own_trainable(norm)}
    assert own == {id(norm.gamma), id(norm.beta)}


@in_both
def test_own_statistics_are_those_of_the_layer_alone(library: Any) -> None:
    norm = library.layers.BatchNormalization()
    norm.build((None, 3))
    found = {id(v) for v in private.own_non_trainable(norm)}
    assert found == {id(norm.moving_mean), id(norm.moving_variance)}
    around = library.Sequential([library.layers.Input((3,)), norm])
    assert private.own_non_trainable(around) == []


def test_operations_have_no_variables() -> None:
    x = keras.Input((4,))
    model = keras.Model(x, x + 1.0)
    (operation,) = [op for op in model.operations if not private.is_layer(op)]
    assert private.own_trainable(operation) == private.own_non_trainable(operation) == []


def test_seed_generators_are_what_a_layer_draws_from() -> None:
    dropout = keras.layers.Dropout(0.5, seed=3)
    (generator,) = private.seed_generators(dropout)
    before = np.asarray(generator.state)
    dropout(np.ones((2, 4), "f4"), training=True)
    assert not np.array_equal(before, np.asarray(generator.state))
    assert private.seed_generators(keras.layers.Dense(1)) == []


def test_the_global_seed_generator_is_what_draws_without_a_seed_use() -> None:
    keras.random.uniform((1,))
    generator = private.global_seed_generator()
    assert generator is not None
    before = np.asarray(generator.state)
    keras.random.uniform((1,))
    assert not np.array_equal(before, np.asarray(generator.state))


@in_both
def test_collected_losses_are_those_of_the_last_call(library: Any) -> None:
    class Adds(library.layers.Layer):  # type: ignore[misc, name-defined]
        def call(self, x: Any) -> Any:
            self.add_loss(tf.reduce_sum(x))
            return x

    layer = Adds()
    collected = private.collected_losses(layer)
    assert collected == []
    with tf.Graph().as_default():
        layer(tf.ones((2, 2)))
        assert len(collected) == len(layer.losses) == 1
        collected.clear()
        assert not layer.losses  # the list itself, no copy
    assert private.collected_losses(library.losses.MeanSquaredError()) is None


def test_layers_of_a_remat_scope_are_recomputed() -> None:
    assert not private.is_recomputed(keras.layers.Dense(1))
    with keras.RematScope(mode="full"):
        assert private.is_recomputed(keras.layers.Dense(1))


# -------------------------------------------------------------------------- outputs of layers


@in_both
def test_a_mask_stays_on_an_output_and_is_read_by_the_next_layer(library: Any) -> None:
    ids = tf.constant([[1, 2, 0]])
    embedded = library.layers.Embedding(4, 2, mask_zero=True)(ids)
    mask = private.keras_mask(embedded)
    assert mask is not None
    assert mask.numpy().tolist() == [[True, True, False]]
    assert private.keras_mask(tf.constant(1.0)) is None

    values, pooling = tf.constant([[[1.0], [3.0], [8.0]]]), library.layers.GlobalAveragePooling1D()
    assert float(pooling(values)[0, 0]) == 4.0
    private.set_keras_mask(values, mask)
    assert float(pooling(values)[0, 0]) == 2.0


@in_both
@pytest.mark.parametrize("activation", ["softmax", "sigmoid"])
def test_logits_stay_on_an_activation(library: Any, activation: str) -> None:
    x = tf.constant([[1.0, -2.0, 0.5]])
    dense = library.layers.Dense(2, activation=activation)
    logits = private.keras_logits(dense(x))
    assert logits is not None
    assert np.allclose(logits, x @ tf.convert_to_tensor(dense.kernel), atol=1e-6)
    assert private.keras_logits(library.layers.Dense(2)(x)) is None


# --------------------------------------------------------------------- kernels and quantization


@in_numpy_2
@pytest.mark.parametrize("name", ["kernel", "embeddings"])
def test_the_stored_variable_has_codes_where_the_layer_is_quantized(name: str) -> None:
    layer = keras.layers.Dense(4) if name == "kernel" else keras.layers.Embedding(6, 4)
    layer.build((None, 6))
    variable = private.stored_variable(layer, name)
    assert np.array_equal(variable, getattr(layer, name))
    layer.quantize("int8")
    assert private.stored_variable(layer, name).dtype == "int8"
    assert private.stored_variable(keras.layers.Flatten(), name) is None


@in_numpy_2
def test_the_scale_of_a_quantized_einsum_is_brought_to_the_kernel() -> None:
    layer = keras.layers.EinsumDense("abc,cde->abde", (None, 2, 3))
    layer.build((None, 5, 4))
    before = np.asarray(layer.kernel)
    layer.quantize("int8")
    adjust = private.dequantizing_scale(layer)
    assert adjust is not None
    codes = np.asarray(private.stored_variable(layer, "kernel"), "f4")
    again = codes / np.asarray(adjust(np.asarray(layer.kernel_scale)))
    assert np.allclose(again, before, atol=np.abs(before).max() / 127)
    assert private.dequantizing_scale(keras.layers.Dense(1)) is None


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_wrapper_tells_which_weights_it_quantizes() -> None:
    tfmot = pytest.importorskip("tensorflow_model_optimization")
    layers = [tf_keras.layers.Input((4,)), tf_keras.layers.Dense(3, name="own")]
    model = tfmot.quantization.keras.quantize_model(tf_keras.Sequential(layers))
    wrapper = model.get_layer("quant_own")
    ((variable, quantizer, ranges),) = private.quantized_weights(wrapper)
    assert variable.shape == (4, 3)
    assert quantizer.num_bits == 8
    assert {"min_var", "max_var"} <= set(ranges)
    x = np.random.default_rng(0).normal(size=(5, 4)).astype("float32")
    kernel, bias = (weight.numpy() for weight in wrapper.trainable_weights)
    rounded = model(x).numpy()
    with private.without_fake_quantization(model.layers):
        np.testing.assert_allclose(model(x), x @ kernel + bias, rtol=1e-5, atol=1e-6)
    np.testing.assert_array_equal(model(x), rounded)
    assert not np.allclose(rounded, x @ kernel + bias, rtol=1e-5, atol=1e-6)


# ------------------------------------------------------------------------------------ callbacks


def test_a_callback_keeps_its_model_by_that_name() -> None:
    callback, model = keras.callbacks.Callback(), nested(keras)
    callback.set_model(model)
    assert vars(callback)[private.CALLBACK_MODEL] is model


@in_both
@pytest.mark.parametrize("reads", [False, True])
def test_batches_are_told_to_a_callback_that_reads_them(library: Any, reads: bool) -> None:
    # As our callbacks are: of Keras 3, whatever library trains.
    class Counts(private.BatchHooks, keras.callbacks.Callback):  # type: ignore[misc]
        batches: tuple[Any, ...] = ()

        @property
        def _reads_train_batches(self) -> bool:
            return reads

        def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
            self.batches = (*self.batches, (logs or {})["loss"])

        def on_test_batch_end(self, batch: int, logs: Any = None) -> None:
            self.batches = ("tested",)

    model, counts = nested(library), Counts()
    model.compile("sgd", "mse")
    model.fit(np.ones((4, 4)), np.ones((4, 2)), batch_size=2, callbacks=[counts], verbose=0)
    model.evaluate(np.ones((4, 4)), np.ones((4, 2)), callbacks=[counts], verbose=0)
    if library is tf_keras:  # Keras 3 calls each hook that there is
        assert len(counts.batches) == (2 if reads else 0)
        assert all(isinstance(loss, tf.Tensor) for loss in counts.batches)
    else:
        assert counts.batches


# ------------------------------------------------------------------------- graphs of TensorFlow


@in_both
@pytest.mark.parametrize("steps", [None, 1, 4])
def test_a_model_tells_how_many_steps_are_run_at_once(library: Any, steps: int | None) -> None:
    model = library.Sequential([library.layers.Input((2,)), library.layers.Dense(1)])
    assert private.steps_per_execution(model) == 1
    model.compile("sgd", "mse", **({} if steps is None else {"steps_per_execution": steps}))
    assert private.steps_per_execution(model) == (steps or 1)


@in_both
def test_layers_compute_in_float32_for_a_while(library: Any) -> None:
    layer = library.layers.Dense(1, dtype="mixed_float16")
    model = library.Sequential([library.layers.Input((2,)), layer])
    x = tf.ones([1, 2])
    dtypes = []
    for own in ([layer], []):
        with private.computed_in_float32(own):
            dtypes.append(tf.as_dtype(model(x).dtype).name)
    assert dtypes == ["float32", "float16"]
    assert layer.compute_dtype == "float16"


def test_a_tape_records_where_it_is_open_but_not_in_what_is_run_again() -> None:
    seen: list[bool] = []

    @tf.recompute_grad  # type: ignore[untyped-decorator]
    def again(x: Any) -> Any:
        seen.append(private.is_recording())
        return x * x

    assert not private.is_recording()
    with tf.GradientTape() as tape:
        assert private.is_recording()
        x = tf.constant(3.0)
        tape.watch(x)
        again(x)
    assert seen[0] is False


def test_operations_of_a_graph_are_made_by_another_function_for_a_while() -> None:
    made: list[str] = []

    def counting(create: Any) -> Any:
        def counted(kind: str, inputs: Any, *others: Any, **named: Any) -> Any:
            made.append(kind)
            return create(kind, inputs, *others, **named)

        return counted

    with tf.Graph().as_default() as graph:
        with (
            private.operations_made_by(graph, counting),
            private.operations_made_by(graph, counting),
        ):
            tf.raw_ops.MatMul(a=[[1.0]], b=[[2.0]])
        assert made.count("MatMul") == 2
        tf.raw_ops.MatMul(a=[[1.0]], b=[[2.0]])
        assert made.count("MatMul") == 2
        assert inspect.ismethod(graph._create_op_internal)  # nothing stayed behind


@in_both
def test_casts_of_a_model_are_made_by_another_function_for_a_while(library: Any) -> None:
    cast: list[str] = []

    def counting(make: Any) -> Any:
        def counted(x: Any, *args: Any, **kwargs: Any) -> Any:
            cast.append(x.dtype.name)
            return make(x, *args, **kwargs)

        return counted

    rescale, codes = library.layers.Rescaling(0.5), tf.constant([[2]], tf.uint8)
    with tf.Graph().as_default(), private.casts_made_by(counting):
        rescale(tf.compat.v1.placeholder(tf.uint8, (1, 1)))
        tf.cast(tf.constant([[2]], tf.int64), tf.float32)
    assert {"uint8", "int64"} <= set(cast)
    count = len(cast)
    assert float(rescale(codes)[0, 0]) == 1.0
    assert len(cast) == count


def test_handles_of_variables_tell_the_type_of_their_numbers() -> None:
    table = tf.lookup.experimental.DenseHashTable(tf.int64, tf.int64, 0, -1, -2)
    assert private.variable_dtype(tf.Variable([1.0]).handle) == tf.float32
    assert private.variable_dtype(tf.Variable([True]).handle) == tf.bool
    assert private.variable_dtype(table.resource_handle) is None


@pytest.mark.parametrize("seed", [None, 7])
def test_draws_under_another_seed_leave_the_next_ones_as_they_were(seed: int | None) -> None:
    def draws() -> list[float]:
        return [float(tf.random.uniform(())) for _ in range(2)]

    def begin() -> None:
        tf.random.set_seed(7)  # also of the generators behind cached kernels
        if seed is None:
            tf.compat.v1.set_random_seed(7)

    begin()
    plain = draws()
    begin()
    with private.another_seed():
        others = draws()
    assert draws() == plain
    assert others != plain


# ---------------------------------------------------------------- distribution by TensorFlow


def test_the_default_strategy_is_told_from_others() -> None:
    assert private.is_default_strategy(tf.distribute.get_strategy())
    assert not private.is_default_strategy(tf.distribute.OneDeviceStrategy("/cpu:0"))


def test_replicated_variables_are_read_as_what_is_given() -> None:
    strategy = tf.distribute.MirroredStrategy(["/cpu:0"])
    with strategy.scope():
        variable = tf.Variable(
            2.0,
            trainable=False,
            synchronization=tf.VariableSynchronization.ON_READ,
            aggregation=tf.VariableAggregation.MEAN,
        )
    other = tf.Variable(5.0)
    with private.read_without_others([variable], [other]):
        assert float(tf.identity(variable)) == 5.0
    assert float(tf.identity(variable)) == 2.0


# ------------------------------------------------------------------------------- .tflite files


def test_the_modules_of_tflite_are_there() -> None:
    interpreter = import_module(private.LITE_INTERPRETER).Interpreter
    schema = import_module(private.LITE_SCHEMA)
    assert callable(interpreter)
    assert hasattr(schema.Model, "GetRootAs") or hasattr(schema.Model, "GetRootAsModel")


def test_outside_of_strategies_there_is_one_replica() -> None:
    strategy = tf.distribute.OneDeviceStrategy("CPU:0")
    inside, after = [], []

    @tf.function
    def traced() -> None:
        with private.outside_strategies():
            inside.append(tf.distribute.has_strategy())
        after.append(tf.distribute.has_strategy())

    with strategy.scope():
        traced()
    assert (inside, after) == ([False], [True])


# --------------------------------------------------------------------------------- .tfrecord files


def test_records_are_read_where_they_begin(tmp_path: Any) -> None:
    path = str(tmp_path / "a.tfrecord")
    with tf.io.TFRecordWriter(path) as writer:
        for record in (b"first", b"second"):
            writer.write(record)
    reader = private.record_reader(path)
    assert reader.read(8 + 4 + 5 + 4) == (b"second", 21 + 8 + 4 + 6 + 4)
    assert reader.read(0)[0] == b"first"
    with open(path, "r+b") as file:
        file.seek(12)
        file.write(b"worst")
    with pytest.raises(tf.errors.DataLossError):
        private.record_reader(path).read(0)
