"""`MagnitudePruning` in real trainings: masks hold in every step, and leave a plain model."""

from __future__ import annotations

import copy
import json
import pickle
import zipfile
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
import tf_keras
from support import pruned_models
from support.forks import Script
from support.pruned_models import (
    ALONE,
    REPLICATED,
    STEPS,
    Watched,
    X,
    Y,
    kernel,
    network,
    pruned,
    train,
)
from support.read import read_run

from tfexplain import Compression, MagnitudePruning
from tfexplain.compression import read
from tfexplain.errors import ExplainWarning, SettingError, TfexplainError
from tfexplain.pruning.masks import magnitude_mask

# Keras asks numpy for copies as older ones did.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")

# ------------------------------------------------------------------------- within the step


def check_pruned(zeros: float, mask: Any, kernels: Any) -> None:
    """All steps but those of the first epoch read zeros, and the averages at the end hold them."""
    pruned = 96 * 3 // 4
    assert zeros == pruned * 2 * STEPS * len(kernels)
    assert (~mask).sum() == pruned
    for one in kernels:
        np.testing.assert_array_equal(one != 0, mask)


@pytest.mark.parametrize("way", ALONE)
def test_no_step_reads_a_pruned_weight_and_no_average_holds_one(way: str) -> None:
    check_pruned(*pruned(**ALONE[way]))


@pytest.mark.process
def test_no_replica_reads_a_pruned_weight(tmp_path: Path) -> None:
    done = Script(pruned_models.__file__, tmp_path, folder=tmp_path).wait(600)
    assert done.returncode == 0, done.stderr[-3000:]
    for way in REPLICATED:
        with np.load(tmp_path / f"{way}.npz") as found:
            assert len(found["kernels"]) == 2
            check_pruned(float(found["zeros"]), found["mask"], found["kernels"])


def test_gradients_that_are_added_up_refill_nothing() -> None:
    optimizer = keras.optimizers.SGD(0.5, 0.9, gradient_accumulation_steps=2, weight_decay=0.1)
    model = network(Watched, optimizer=optimizer)
    train(model, MagnitudePruning(0.5, schedule="constant", verbose=0))
    assert float(model.zeros.numpy()) == 48 * 3 * STEPS


# ----------------------------------------------------------------------------------- masks


class Kept(keras.callbacks.Callback):  # type: ignore[misc]
    """Keeps the kernel before and after each choice of masks."""

    def __init__(self, pruning: Any) -> None:
        super().__init__()
        self.pruning, self.kernels, self.masks = pruning, [], []

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        self.kernels.append(kernel(self.model))
        self.masks.append(self.pruning.masks)


def test_masks_are_those_of_the_weights_at_each_due_step() -> None:
    pruning = MagnitudePruning(0.75, begin=2, end=10, every=4, verbose=0)
    kept = Kept(pruning)
    train(network(), pruning, kept)
    shares = [0, 0, 0, 0, 0, 0, *[0.75 * (1 - 0.5**3)] * 4, 0.75, 0.75]
    for step, share in enumerate(shares):
        mask = kept.masks[step]["hidden"]
        assert (~mask).sum() == round(96 * share), step
        np.testing.assert_array_equal(kept.kernels[step] != 0, mask)
        if step in (6, 10):  # chosen before the step, of what the one before left
            before = kept.kernels[step - 1]
            np.testing.assert_array_equal(mask, magnitude_mask(before, share))
        elif step:
            np.testing.assert_array_equal(mask, kept.masks[step - 1]["hidden"])
    assert set(kept.masks[-1]) == {"hidden", "head"}


def test_masks_are_due_at_the_next_of_several_steps_at_once() -> None:
    pruning = MagnitudePruning(0.5, schedule="one shot", begin=3, verbose=0)
    kept = Kept(pruning)
    train(network(steps_per_execution=2), pruning, kept)
    # Executions begin at 0, 2, 4: the one at 4 is the first behind step 3.
    assert [bool((mask["hidden"] == 0).any()) for mask in kept.masks[:4]] == [0, 0, 1, 1]


@pytest.mark.filterwarnings("ignore:Your input ran out of data")  # at the end of each epoch
def test_batches_are_counted_where_epochs_have_no_known_length() -> None:
    pruning = MagnitudePruning(0.5, schedule="one shot", begin=STEPS + 1, verbose=0)
    kept = Kept(pruning)
    rows = tf.data.Dataset.from_tensor_slices((X, Y)).batch(16).filter(lambda *_: True)
    network().fit(rows, epochs=2, verbose=0, shuffle=False, callbacks=[pruning, kept])
    assert [bool((mask["hidden"] == 0).any()) for mask in kept.masks] == [0] * 5 + [1] * 3
    with pytest.raises(SettingError, match="end=None: expected a training that tells how many"):
        network().fit(
            rows, epochs=2, verbose=0, shuffle=False, callbacks=[MagnitudePruning(0.5, verbose=0)]
        )


def test_what_was_pruned_stays_pruned_in_the_next_fit() -> None:
    model, pruning = network(), MagnitudePruning(0.5, every=1, verbose=0)
    train(model, pruning)
    mask = pruning.masks["hidden"]
    kept = Kept(pruning)
    train(model, pruning, kept, epochs=1)
    assert all(not masks["hidden"][~mask].any() for masks in kept.masks)


def test_a_plan_says_how_far_each_layer_goes(tmp_path: Path) -> None:
    plan = tmp_path / "plan.json"
    plan.write_text(json.dumps({"sparsity": {"head": 0.25}}))
    pruning, model = MagnitudePruning(plan, every=1, verbose=0), network()
    train(model, pruning)
    assert {name: int((~mask).sum()) for name, mask in pruning.masks.items()} == {"head": 6}
    assert kernel(model).all()


def test_a_student_is_pruned_and_its_teacher_is_not() -> None:
    teacher, student = network(), network()
    distiller = keras.distillation.Distiller(
        teacher, student, keras.distillation.LogitsDistillation()
    )
    distiller.compile("adam", "sparse_categorical_crossentropy")
    before = teacher.get_weights()
    train(distiller, MagnitudePruning(0.5, every=1, part="student", verbose=0))
    assert (kernel(student) == 0).sum() == 48
    for one, other in zip(teacher.get_weights(), before, strict=True):
        np.testing.assert_array_equal(one, other)


def test_tf_keras_models_are_pruned_alike() -> None:
    optimizer = tf_keras.optimizers.Adam(0.05, use_ema=True, ema_momentum=0.5)
    model = network(tf_keras.Model, tf_keras.constraints.NonNeg(), optimizer=optimizer)
    pruning = MagnitudePruning(0.75, schedule="one shot", begin=STEPS, layers="hidden", verbose=0)
    train(model, pruning)
    mask = pruning.masks["hidden"]
    assert not kernel(model)[~mask].any()
    assert (kernel(model) >= 0).all()
    assert isinstance(model.get_layer("hidden").kernel.constraint, tf_keras.constraints.NonNeg)


@pytest.mark.parametrize("library", [keras, tf_keras])
def test_a_model_that_its_first_batch_builds_is_pruned_from_the_second_on(library: Any) -> None:
    layers = [library.layers.Dense(12, name="hidden"), library.layers.Dense(3, name="head")]
    model = library.Sequential(layers)
    model.compile("sgd", library.losses.SparseCategoricalCrossentropy(from_logits=True))
    pruning = MagnitudePruning(0.75, schedule="one shot", layers="hidden", verbose=0)
    kernels: list[Any] = []
    kept = library.callbacks.LambdaCallback(
        on_train_batch_end=lambda batch, logs: kernels.append(kernel(model))
    )
    train(model, pruning, kept)
    mask = pruning.masks["hidden"]
    assert (~mask).sum() == 72
    assert kernels[0][~mask].all()
    assert all(not one[~mask].any() for one in kernels[1:])


# --------------------------------------------------------------- what is left, and what is saved


def test_constraints_of_its_own_hold_in_training_and_are_there_afterwards() -> None:
    own = keras.constraints.UnitNorm(axis=0)
    model = network(constraint=own)
    pruning = MagnitudePruning(0.5, every=1, verbose=0)
    train(model, pruning)
    assert (kernel(model) == 0).sum() == 48
    np.testing.assert_allclose(np.linalg.norm(kernel(model), axis=0), 1, atol=1e-5)
    assert model.get_layer("hidden").kernel.constraint is own
    assert model.get_layer("head").kernel.constraint is None
    # The next training, without pruning, refills what was pruned.
    train(model, epochs=1)
    assert kernel(model).all()


def test_a_model_traced_before_is_pruned_as_well() -> None:
    model = network()
    train(model, epochs=1)
    pruning = MagnitudePruning(0.5, every=1, verbose=0)
    train(model, pruning, epochs=1)
    assert (kernel(model) == 0).sum() == 48


@pytest.mark.filterwarnings("ignore:You are saving your model as an HDF5 file")
def test_what_is_saved_in_the_middle_is_a_plain_model(tmp_path: Path) -> None:
    class Save(keras.callbacks.Callback):  # type: ignore[misc]
        def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
            if epoch == 1:
                self.model.save(tmp_path / "model.keras")
                self.model.save(tmp_path / "model.h5")
                self.model.save_weights(tmp_path / "model.weights.h5")
                self.kernel = kernel(self.model)

    save = Save()
    train(network(), save, MagnitudePruning(0.5, schedule="constant", verbose=0))
    with zipfile.ZipFile(tmp_path / "model.keras") as file:
        assert b"tfexplain" not in file.read("config.json")
    assert b"tfexplain" not in (tmp_path / "model.h5").read_bytes()
    with_weights = network()
    with_weights.optimizer.build(with_weights.trainable_variables)
    with_weights.load_weights(tmp_path / "model.weights.h5")
    load = keras.models.load_model
    for loaded in (load(tmp_path / "model.keras"), load(tmp_path / "model.h5"), with_weights):
        np.testing.assert_array_equal(kernel(loaded), save.kernel)
        assert (kernel(loaded) == 0).sum() == 48
        assert loaded.get_layer("hidden").kernel.constraint is None


class Killed(Exception):
    pass


class Kill(keras.callbacks.Callback):  # type: ignore[misc]
    def on_train_batch_begin(self, batch: int, logs: Any = None) -> None:
        if self.model.optimizer.iterations == 9:  # in the third epoch of four
            raise Killed


def test_a_killed_training_goes_on_from_its_backup_to_the_bit(tmp_path: Path) -> None:
    def callbacks() -> list[Any]:
        pruning = MagnitudePruning(0.75, end=14, every=3, verbose=0)
        # Weights are restored behind it.
        return [pruning, Kept(pruning), keras.callbacks.BackupAndRestore(tmp_path / "backup")]

    whole, again = network(), network()
    train(whole, *(kept := callbacks())[:2], epochs=4)
    with pytest.raises(Killed):
        train(network(), *callbacks(), Kill(), epochs=4)
    train(again, *(seen := callbacks()), epochs=4)
    assert len(seen[1].masks) == 8
    for mine, theirs in zip(seen[1].masks, kept[1].masks[8:], strict=True):
        for name, mask in theirs.items():
            np.testing.assert_array_equal(mine[name], mask)
    for mine, theirs in zip(again.get_weights(), whole.get_weights(), strict=True):
        np.testing.assert_array_equal(mine, theirs)


def test_a_backup_of_the_middle_of_an_epoch_gives_nothing_back() -> None:
    """Keras begins such an epoch once more, at which the schedule wants less than is pruned."""
    model = network()
    train(model, MagnitudePruning(0.75, end=11, every=1, verbose=0))
    zeros = kernel(model) == 0
    again = MagnitudePruning(0.75, end=11, every=1, verbose=0)
    train(model, again, kept := Kept(again), initial_epoch=1)
    assert len(kept.masks) == 2 * STEPS
    assert all(not masks["hidden"][zeros].any() for masks in kept.masks)


def test_restored_weights_are_told_and_left_alone() -> None:
    class Restore(keras.callbacks.Callback):  # type: ignore[misc]
        def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
            if epoch == 0:
                self.weights = self.model.get_weights()

        def on_train_end(self, logs: Any = None) -> None:
            self.model.set_weights(self.weights)

    model = network()
    with pytest.warns(ExplainWarning, match="no zeros in hidden, head: they were restored"):
        train(model, Restore(), MagnitudePruning(0.5, schedule="constant", verbose=0))
    assert kernel(model).all()


# ---------------------------------------------------------------------------- beside Compression


@pytest.mark.parametrize("pruning_first", [True, False])
def test_compression_reads_its_masks(tmp_path: Path, pruning_first: bool) -> None:
    model, pruning = network(), MagnitudePruning(0.75, end=6, every=2, verbose=0)
    both = [pruning, Compression(log_dir=tmp_path, verbose=0)]
    train(model, *(both if pruning_first else both[::-1]))
    run = read_run(tmp_path, "compression")
    course = [run.record("kernels", step) for step in range(3)]
    assert course[-1].moment == "end"
    for record, share in zip(course, (0.75 * (1 - (2 / 3) ** 3), 0.75, 0.75), strict=True):
        values = dict(zip(record.metrics, record.values.T, strict=True))
        assert [row["name"] for row in record.rows] == [k.name for k in read(model)]
        assert [row["mode"] for row in record.rows] == ["pruning"] * 2
        masked = [round(size * share) / size for size in (96, 24)]
        np.testing.assert_allclose(values["mask_sparsity"], masked, rtol=1e-6)
        np.testing.assert_allclose(values["sparsity"], masked, rtol=1e-6)
        assert values["leak"].tolist() == [0, 0]
    assert [layer.mode for layer in read(model)] == ["float", "float"]


# ------------------------------------------------------------------------------ what is refused


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({}, "sparsity=None: expected a share"),
        ({"sparsity": 1.0}, "sparsity=1.0: expected a share from 0 to below 1"),
        ({"sparsity": {"hidden": -0.1}}, "sparsity: 'hidden'=-0.1: expected a share"),
        ({"sparsity": 0.5, "structure": "rows"}, "structure='rows': expected"),
        ({"sparsity": 0.5, "structure": "n:m"}, "2:4 is 50.0%. Leave it out"),
        ({"structure": "n:m", "pattern": (4, 4)}, "expected \\(n, m\\) with n below m"),
        ({"structure": "n:m", "schedule": "cosine"}, "schedule='cosine': expected none"),
        ({"sparsity": 0.5, "schedule": "linear"}, "schedule='linear': expected"),
        ({"sparsity": 0.5, "scope": "model"}, "scope='model': expected"),
        ({"sparsity": {"hidden": 0.5}, "scope": "global"}, "scope='global': expected one"),
        ({"sparsity": 0.5, "begin": -1}, "begin=-1: expected"),
        ({"sparsity": 0.5, "begin": 10, "end": 5}, "end=5: expected a step at or behind begin=10"),
        ({"sparsity": 0.5, "every": 0}, "every=0: expected"),
        ({"sparsity": 0.5, "initial": 0.6}, "initial=0.6: expected at most the sparsity"),
        ({"sparsity": 0.5, "block": 4}, "block=4: expected a pair"),
        ({"sparsity": 0.5, "layers": []}, "layers=\\[\\]: expected names"),
        ({"sparsity": 0.5, "verbose": 3}, "verbose=3: expected"),
    ],
)
def test_wrong_settings_are_refused_where_they_are_written(
    arguments: dict[str, Any], message: str
) -> None:
    with pytest.raises(SettingError, match=message):
        MagnitudePruning(**arguments)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"sparsity": {"other": 0.5}}, "sparsity='other': model .* has no layer of this name"),
        ({"sparsity": 0.5, "layers": "row"}, "layers='row': expected a layer with a kernel"),
        ({"structure": "n:m", "pattern": (2, 5), "layers": "hidden"}, "5 does not divide its 8"),
        ({"sparsity": 0.5, "part": "teacher"}, "part='teacher': expected the path of a model"),
    ],
)
def test_what_the_model_cannot_have_ends_fit_before_its_first_batch(
    arguments: dict[str, Any], message: str
) -> None:
    model = network()
    before = model.get_weights()
    with pytest.raises(TfexplainError, match=message):
        train(model, MagnitudePruning(**arguments, verbose=0))
    assert all(np.array_equal(a, b) for a, b in zip(before, model.get_weights(), strict=True))
    assert model.get_layer("hidden").kernel.constraint is None


def test_a_training_that_ends_too_early_is_told() -> None:
    with pytest.warns(ExplainWarning, match="reached at step 12, and this training has 12"):
        train(network(), MagnitudePruning(0.5, end=12, verbose=0))


def test_what_was_chosen_is_printed_once(capsys: pytest.CaptureFixture[str]) -> None:
    train(network(), MagnitudePruning(0.5, structure="filters"))
    printed = capsys.readouterr().out
    assert printed.splitlines() == [
        "tfexplain: pruning 50.0% of each kernel; filters",
        "  kernels  1 with 96 weights: hidden",
        "  not      head: its filters are the model's outputs",
        "  when     polynomial from step 0 to 8, masks chosen every 100",
    ]


def test_copies_have_its_settings_and_begin_as_new() -> None:
    pruning = MagnitudePruning({"hidden": 0.5}, every=1, verbose=0)
    train(network(), pruning)
    other = copy.deepcopy(pickle.loads(pickle.dumps(pruning)))
    assert other.masks == {}
    train(network(), other)
    np.testing.assert_array_equal(other.masks["hidden"], pruning.masks["hidden"])
