"""`Compression` in real fits: what it logs against counts of our own on the same weights."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tf_keras
from support.models import digits, same_bits, small_cnn
from support.read import Run, read_run
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from tfexplain import Compression, Explain
from tfexplain.callbacks import compression_run
from tfexplain.compression import WeightsError
from tfexplain.compression import numbers as numbers_module
from tfexplain.errors import ExplainWarning
from tfexplain.wire.schema import Kernels

EPOCHS = 3


def quantizing(test: Any) -> Any:
    """Lets through what Keras itself warns of while it quantizes."""
    for warning in (
        "ignore:Layer .* does not have a `quantize` method:UserWarning",
        "ignore:__array__ implementation:DeprecationWarning",
    ):
        test = pytest.mark.filterwarnings(warning)(test)
    return test


def logged(log_dir: Path) -> Run:
    return read_run(log_dir, "compression")


def numbers(record: Kernels, name: str) -> dict[str, float]:
    """What is known of one kernel."""
    row = [row["name"] for row in record.rows].index(name)
    found = dict(zip(record.metrics, record.values[row].tolist(), strict=True))
    return {metric: value for metric, value in found.items() if not np.isnan(value)}


class Prune(keras.callbacks.Callback):
    """Pruning by hand: zeros in the convolution at each epoch's end, more each time."""

    def __init__(self) -> None:
        super().__init__()
        self.kept: list[np.ndarray] = []

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        kernel = self.model.get_layer("conv").kernel
        values = kernel.numpy()
        values[np.abs(values) < np.quantile(np.abs(values), 0.2 * (epoch + 1))] = -0.0
        values[..., 4] = 0
        kernel.assign(values)
        self.kept.append(values)


@pytest.fixture(scope="module")
def pruned(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Prune]:
    log_dir, prune = tmp_path_factory.mktemp("pruned"), Prune()
    x, y = digits()
    logging = Compression(
        log_dir=log_dir, validation_data=(x, y), samples=20, on_error="raise", verbose=False
    )
    small_cnn().fit(x, y, epochs=EPOCHS, verbose=0, callbacks=[prune, logging])
    return log_dir, prune


def test_each_epoch_has_the_numbers_of_its_weights(pruned: tuple[Path, Prune]) -> None:
    log_dir, prune = pruned
    run = logged(log_dir)
    assert list(run.values["kernels"]) == list(range(EPOCHS))
    before: np.ndarray | None = None
    for epoch, kernel in enumerate(prune.kept):
        found = numbers(run.record("kernels", epoch), "conv")
        alive = kernel != 0
        assert found["weights"] == 54
        assert found["nonzeros"] == alive.sum()
        assert found["sparsity"] == (~alive).sum() / 54
        assert found["filter_sparsity"] == (~alive).all((0, 1, 2)).sum() / 6
        assert found["effective_macs"] == alive.sum() * 64
        assert found["structured_macs"] == 9 * 5 * 64
        if before is not None:
            assert found["churn"] == (alive != before).sum() / 54
        before = alive
        kernel_record = run.record("kernel/conv", epoch)
        assert kernel_record.pruned.tolist() == (~alive).all((0, 1, 2)).tolist()
        assert kernel_record.zeros == (~alive).sum()
        counts, _ = np.histogram(
            kernel[alive].astype(np.float64), 64, (kernel_record.low, kernel_record.high)
        )
        np.testing.assert_array_equal(kernel_record.counts, counts)


def test_a_compliance_that_zeros_filled_up_says_so(pruned: tuple[Path, Prune]) -> None:
    notes = {row["name"]: row["note"] for row in logged(pruned[0]).record("kernels").rows}
    assert all("no multiple of m" in notes[name] for name in ("conv", "head"))  # 1 and 6 inputs


def test_a_compliance_of_whole_groups_says_nothing(tmp_path: Path) -> None:
    model = keras.Sequential([keras.Input((8,)), keras.layers.Dense(3, name="whole")])
    model.compile("sgd", "mse")
    logging = Compression(log_dir=tmp_path, verbose=False, on_error="raise")
    model.fit(np.ones((4, 8)), np.ones((4, 3)), verbose=0, callbacks=[logging])
    assert logged(tmp_path).record("kernels").rows[0]["note"] == ""


def test_totals_name_their_denominator(pruned: tuple[Path, Prune]) -> None:
    log_dir, prune = pruned
    record = logged(log_dir).record("kernels", EPOCHS - 1)
    zeros = (prune.kept[-1] == 0).sum()
    assert record.totals[""]["sparsity"] == pytest.approx(zeros / (54 + 60), abs=1e-15)
    assert record.denominators[""].startswith("114 weights of 2 kernels; biases")


def test_the_end_replaces_the_last_epoch_and_keeps_its_churn(pruned: tuple[Path, Prune]) -> None:
    run = logged(pruned[0])
    assert [run.record("kernels", epoch).moment for epoch in range(EPOCHS)] == [
        *["epoch"] * (EPOCHS - 1),
        "end",
    ]
    assert numbers(run.record("kernels", EPOCHS - 1), "conv")["churn"] > 0


def test_dead_units_and_zeros_of_activations(tmp_path: Path) -> None:
    x, y = digits(40)
    model = small_cnn()
    conv = model.get_layer("conv")
    conv.set_weights([conv.get_weights()[0], np.array([0, -9, 0, 0, -9, 0], np.float32)])
    model.optimizer.learning_rate = 0.0
    logging = Compression(
        log_dir=tmp_path, validation_data=x, samples=40, verbose=False, on_error="raise"
    )
    model.fit(x, y, verbose=0, callbacks=[logging])
    activations = keras.Model(model.inputs, conv.output).predict(x, verbose=0)
    run = logged(tmp_path)
    dead = ~(activations > 0).any((0, 1, 2))
    assert dead[[1, 4]].all()
    np.testing.assert_array_equal(run.record("kernel/conv").dead, dead)
    found = numbers(run.record("kernels"), "conv")
    assert found["activation_sparsity"] == np.mean(activations == 0)
    assert found["dead_share"] == dead.mean()


def test_standard_dashboards_show_the_same(pruned: tuple[Path, Prune]) -> None:
    log_dir, prune = pruned
    read = EventAccumulator(str(log_dir / "compression"), {"tensors": 0}).Reload()
    run = logged(log_dir)
    for event in read.Tensors("compression/sparsity"):
        expected = run.record("kernels", event.step).totals[""]["sparsity"]
        assert event.tensor_proto.float_val[0] == np.float32(expected)
    assert read.summary_metadata["compression/sparsity"].plugin_data.plugin_name == "scalars"
    assert read.summary_metadata["weights/conv"].plugin_data.plugin_name == "histograms"
    buckets = run.values["weights/conv"][EPOCHS - 1]
    assert buckets[:, 2].sum() == 54
    zero = buckets[(buckets[:, 0] <= 0) & (buckets[:, 1] > 0)]
    assert zero[0, 2] >= (prune.kept[-1] == 0).sum()
    assert buckets[0, 0] == prune.kept[-1].min()
    assert buckets[-1, 1] == prune.kept[-1].max()


def test_a_second_fit_goes_on(tmp_path: Path) -> None:
    x, y = digits(32)
    model, logging = small_cnn(), Compression(log_dir=tmp_path, verbose=False, on_error="raise")
    for _ in range(2):
        model.fit(x, y, epochs=2, verbose=0, callbacks=[logging])
    assert sorted(logged(tmp_path).values["kernels"]) == [0, 1, 2, 3]


def test_every_other_epoch_and_the_end(tmp_path: Path) -> None:
    x, y = digits(32)
    logging = Compression(log_dir=tmp_path, every=2, verbose=False, on_error="raise")
    small_cnn().fit(x, y, epochs=4, verbose=0, callbacks=[logging])
    assert sorted(logged(tmp_path).values["kernels"]) == [0, 2, 3]
    assert sorted(logged(tmp_path).values["metrics"]) == [0, 1, 2, 3]


def test_weights_restored_after_training_are_those_at_the_end(tmp_path: Path) -> None:
    class Restore(keras.callbacks.Callback):
        def on_train_end(self, logs: Any = None) -> None:
            kernel = self.model.get_layer("head").kernel
            kernel.assign(np.zeros(kernel.shape))

    x, y = digits(32)
    logging = Compression(log_dir=tmp_path, verbose=False, on_error="raise")
    small_cnn().fit(x, y, epochs=2, verbose=0, callbacks=[Restore(), logging])
    found = numbers(logged(tmp_path).record("kernels"), "head")
    assert found["sparsity"] == 1
    assert found["churn"] == 1


@pytest.mark.parametrize("library", [keras, tf_keras], ids=["keras", "tf_keras"])
def test_training_is_left_as_it_was(library: Any, tmp_path: Path) -> None:
    x, y = digits()
    weights = []
    for callbacks in (
        [],
        [
            Explain((x, y), log_dir=tmp_path, verbose=False, on_error="raise"),
            Compression(log_dir=tmp_path, validation_data=(x, y), verbose=False, on_error="raise"),
        ],
    ):
        model = small_cnn(library)
        model.fit(x, y, epochs=2, verbose=0, callbacks=callbacks)
        weights.append(model.get_weights())
    assert same_bits(*weights)
    assert len(logged(tmp_path).record("kernels").rows) == 2
    assert read_run(tmp_path).record("predictions", 1)


@quantizing
@pytest.mark.parametrize(("mode", "bits", "least"), [("int8", 8, 40), ("float8", 32, 20)])
def test_a_quantized_model_with_its_reference(
    mode: str, bits: int, least: float, tmp_path: Path
) -> None:
    x, y = digits(32)
    reference, model = small_cnn(), small_cnn()
    model.quantize(mode)
    model.compile("adam", "sparse_categorical_crossentropy")
    logging = Compression(log_dir=tmp_path, reference=reference, verbose=False, on_error="raise")
    model.fit(x, y, verbose=0, callbacks=[logging])
    record = logged(tmp_path).record("kernels")
    assert [row["mode"] for row in record.rows] == ["float", mode]
    found = numbers(record, "head")
    assert found["bits_stored"] == bits
    assert found["sqnr"] > least if mode == "int8" else "sqnr" in found


def test_student_and_teacher_are_told_apart(tmp_path: Path) -> None:
    x, y = digits(32)
    teacher, student = small_cnn(seed=1), small_cnn(seed=2)
    teacher.get_layer("conv").kernel.assign(np.zeros((3, 3, 1, 6)))
    distiller = keras.distillation.Distiller(
        teacher=teacher,
        student=student,
        distillation_losses=keras.distillation.LogitsDistillation(),
        distillation_loss_weights=1.0,
    )
    distiller.compile(optimizer="adam", loss="sparse_categorical_crossentropy")
    logging = Compression(log_dir=tmp_path, validation_data=(x, y), verbose=False, on_error="raise")
    distiller.fit(x, y, verbose=0, callbacks=[logging])
    record = logged(tmp_path).record("kernels")
    assert {row["part"] for row in record.rows} == {"student", "teacher"}
    assert record.totals["teacher"]["sparsity"] == 54 / 114
    assert record.totals["student"]["sparsity"] == 0
    assert "compression/teacher/sparsity" in logged(tmp_path).values


def test_what_fails_for_one_kernel_spares_the_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    measure = compression_run.compression.measure

    def failing(layer: Any, *others: Any) -> Any:
        if layer.path == "conv":
            raise MemoryError("no room")
        return measure(layer, *others)

    monkeypatch.setattr(compression_run.compression, "measure", failing)
    x, y = digits(32)
    with pytest.warns(ExplainWarning, match="kernel conv: MemoryError at epoch 0: no room"):
        small_cnn().fit(
            x, y, epochs=2, verbose=0, callbacks=[Compression(log_dir=tmp_path, verbose=False)]
        )
    run = logged(tmp_path)
    record = run.record("kernels")
    assert "sparsity" not in numbers(record, "conv")
    assert numbers(record, "head")["sparsity"] == 0
    assert run.record("status").problems[0].count == 3
    assert "1 kernel whose values are not known left out" in record.denominators[""]


def test_masks_are_counted_up_to_what_memory_allows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(numbers_module, "CHURN_LIMIT", 100)
    x, y = digits(32)
    for name, churn in (("automatic", None), ("asked", True)):
        logging = Compression(log_dir=tmp_path / name, churn=churn, verbose=False, on_error="raise")
        small_cnn().fit(x, y, epochs=2, verbose=0, callbacks=[logging])
        assert ("churn" in logged(tmp_path / name).record("kernels").metrics) == bool(churn)


class Unbuilt(keras.Model):  # type: ignore[misc]
    def __init__(self) -> None:
        super().__init__()
        self.hidden = keras.layers.Dense(4, name="hidden")

    def call(self, x: Any) -> Any:
        return self.hidden(x)


def test_a_model_that_its_first_batch_builds(tmp_path: Path) -> None:
    model = Unbuilt()
    model.compile("sgd", "mse")
    logging = Compression(log_dir=tmp_path, verbose=False, on_error="raise")
    model.fit(np.ones((8, 3)), np.ones((8, 4)), verbose=0, callbacks=[logging])
    assert logged(tmp_path).record("kernels").rows[0]["shape"] == "3 × 4"


def other_architecture() -> Any:
    return keras.Sequential([keras.Input((4,)), keras.layers.Dense(2, name="head")])


REFUSED: list[tuple[dict[str, Any], type[Exception], str]] = [
    ({"every": 0}, ValueError, "every=0: expected a whole number of at least 1"),
    ({"pattern": (4, 2)}, ValueError, "expected .n, m. with n below m"),
    ({"reference": other_architecture}, WeightsError, "reference: 'conv': expected a kernel"),
    (
        {"validation_data": np.zeros((0, 8, 8, 1))},
        ValueError,
        "validation_data: expected at least one sample",
    ),
    ({"validation_data": "val"}, ValueError, "validation_data: expected .* got str"),
    ({"on_error": "ignore"}, ValueError, "on_error='ignore': expected"),
]


@pytest.mark.parametrize(("settings", "error", "message"), REFUSED)
def test_what_cannot_work_is_refused_before_training(
    settings: dict[str, Any], error: type[Exception], message: str, tmp_path: Path
) -> None:
    made = {k: v() if v is other_architecture else v for k, v in settings.items()}
    model = small_cnn()
    before = model.get_weights()
    with pytest.raises(error, match=message):
        model.fit(
            *digits(32), verbose=0, callbacks=[Compression(log_dir=tmp_path, verbose=False, **made)]
        )
    assert same_bits(before, model.get_weights())
    assert not list(tmp_path.iterdir())


def test_choices_are_told_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    x, y = digits(32)
    small_cnn().fit(
        x, y, epochs=2, verbose=0, callbacks=[Compression(log_dir=tmp_path, validation_data=(x, y))]
    )
    told = capsys.readouterr().out
    assert told.count("tfexplain: compression to") == 1
    assert "2: 2 float" in told
    assert "on 32 of 32 samples" in told
