"""Numbers of ours in `logs`, for the callbacks of Keras and of others that stand behind."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pandas as pd
import pytest
import tf_keras
from support.models import digits, same_bits, small_cnn

import tfexplain
from tfexplain import Compression, Exchange, Explain, GradCAM, IntegratedGradients
from tfexplain.errors import ExplainWarning
from tfexplain.wire import schema

X, Y = digits(96)
SIMILARITY = "explain/GradCAM/similarity"
SPARSITY = "compression/sparsity"
EPOCHS = 5


class Prune(keras.callbacks.Callback):  # type: ignore[misc]
    """Sets one filter more to zero at the end of each epoch."""

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        kernel = self.model.get_layer("conv").kernel
        kernel.assign(kernel * (np.arange(6) > epoch))


def explain(log_dir: Path, **options: Any) -> Explain:
    settings: dict[str, Any] = {"explainers": [GradCAM()], "samples": 4, "verbose": 0}
    return Explain((X, Y), log_dir=log_dir, **(settings | options))


def fit(callbacks: list[Any], epochs: int = EPOCHS, model: Any = None) -> Any:
    model = model or small_cnn()
    return model.fit(X, Y, epochs=epochs, verbose=0, callbacks=callbacks)


def test_history_holds_what_was_logged_and_nothing_unasked(tmp_path: Path) -> None:
    ours = [
        Prune(),
        explain(tmp_path, every=2, logs=[SIMILARITY]),
        Compression(log_dir=tmp_path, every=2, logs=[SPARSITY], verbose=0),
    ]
    frame = pd.DataFrame(fit(ours).history)
    assert set(frame) == {"accuracy", "loss", SIMILARITY, SPARSITY}
    assert frame[SIMILARITY].isna().tolist() == [False, True, False, True, False]
    assert frame[SPARSITY].isna().tolist() == [False, True, False, True, False]
    run = tfexplain.read(tmp_path)[tmp_path.name]
    totals, similarity = pd.DataFrame(run.totals), pd.DataFrame(run.similarity)
    np.testing.assert_allclose(frame[SPARSITY][[0, 2, 4]], totals.sparsity)
    mean = similarity.groupby("epoch").spearman.mean()
    np.testing.assert_allclose(frame[SIMILARITY][[0, 2, 4]], mean)
    # The page shows no number twice.
    assert set(run.metrics) == {"epoch", "accuracy", "loss", "learning_rate"}


def test_learning_rates_are_those_that_epochs_were_trained_with(tmp_path: Path) -> None:
    class Halve(keras.callbacks.Callback):  # type: ignore[misc]
        """Logs the rate and sets that of the next epoch, as callbacks of Keras do."""

        def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
            rate = self.model.optimizer.learning_rate
            logs["learning_rate"] = float(rate.numpy())
            rate.assign(rate / 2)

    optimizers = keras.optimizers
    halving = optimizers.schedules.ExponentialDecay(0.1, 1, 0.5)
    cases = {
        "schedule": (optimizers.SGD(halving), [], [0.05, 0.025, 0.0125]),
        "before": (optimizers.SGD(0.4), [Halve()], [0.4, 0.2, 0.1]),
    }
    for name, (optimizer, before, expected) in cases.items():
        model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
        model.compile(optimizer, "mse")
        ours = Compression(log_dir=tmp_path / name, verbose=0)
        x = np.ones((4, 2), np.float32)
        model.fit(x, x[:, :1], epochs=3, verbose=0, callbacks=[*before, ours])
        rates = tfexplain.read(tmp_path / name)[name].metrics["learning_rate"]
        np.testing.assert_allclose(rates, expected, rtol=1e-6)


def test_nothing_enters_logs_by_itself(tmp_path: Path) -> None:
    callbacks = [explain(tmp_path), Compression(log_dir=tmp_path, verbose=0)]
    assert set(fit(callbacks, 1).history) == {"accuracy", "loss"}


def test_training_is_the_same_to_the_bit(tmp_path: Path) -> None:
    bare, watched = small_cnn(), small_cnn()
    fit([], 2, bare)
    fit([explain(tmp_path, logs=[SIMILARITY])], 2, watched)
    assert same_bits(bare.get_weights(), watched.get_weights())


# Keras and NumPy 2, when weights are saved.
@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
def test_keras_own_callbacks_get_them(tmp_path: Path) -> None:
    model = small_cnn()
    best = tmp_path / "best.weights.h5"
    rate = keras.callbacks.ReduceLROnPlateau(SPARSITY, mode="min", factor=0.5, patience=1)
    seen: list[dict[str, float]] = []
    callbacks = [
        Prune(),
        Compression(log_dir=tmp_path, logs=[SPARSITY], verbose=0),
        keras.callbacks.EarlyStopping(SPARSITY, mode="min", patience=2),
        keras.callbacks.ModelCheckpoint(
            best, SPARSITY, mode="max", save_best_only=True, save_weights_only=True
        ),
        rate,
        keras.callbacks.CSVLogger(tmp_path / "log.csv"),
        keras.callbacks.TensorBoard(tmp_path / "keras"),
        keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: seen.append(dict(logs))),
    ]
    history = fit(callbacks, 6, model).history
    # More filters are gone each epoch, so that the first one stays the least.
    assert len(history[SPARSITY]) == 3
    assert history[SPARSITY] == sorted(history[SPARSITY])
    assert [logs[SPARSITY] for logs in seen] == history[SPARSITY]
    with (tmp_path / "log.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [float(row[SPARSITY]) for row in rows] == history[SPARSITY]
    assert float(model.optimizer.learning_rate) < 0.001
    assert best.is_file()  # only where there was a best one


def test_early_stopping_goes_by_similarity_although_epochs_are_left_out(tmp_path: Path) -> None:
    stops = keras.callbacks.EarlyStopping(SIMILARITY, mode="max", patience=3)
    history = fit([explain(tmp_path, every=2, logs=[SIMILARITY]), stops], 30).history
    # The first epoch is its own reference, so nothing is better; NaN is no improvement.
    assert history[SIMILARITY][0] == 1
    assert len(history["loss"]) == 4


def test_what_is_exchanged_is_named_by_its_place(tmp_path: Path) -> None:
    names = ["exchange/left edge", "exchange/top left corner"]
    model = small_cnn()
    fit([], 40, model)
    exchanging = explain(tmp_path, explainers=[GradCAM(), Exchange(pairs=60)], logs=names)
    history = fit([exchanging], 3, model).history
    run = tfexplain.read(tmp_path)[tmp_path.name]
    (series,) = run.records(schema.Exchange).values()
    for epoch, record in series.items():
        # Windows 4 x 4 in pictures 8 x 8 begin at 0 to 4: the left edge is column 0, corners apart.
        assert history[names[0]][epoch] == record.by_window[1:4, 0].max()
        assert history[names[1]][epoch] == record.by_window[0, 0]
    assert len(series) == 3


def test_layers_are_told_apart_where_there_are_several(tmp_path: Path) -> None:
    methods = [IntegratedGradients(steps=2), IntegratedGradients(layer="conv", steps=2)]
    two = ["explain/IntegratedGradients/similarity", "explain/IntegratedGradients-2/similarity"]
    history = fit([explain(tmp_path, explainers=methods, logs=two)], 2).history
    assert history[two[0]][0] == history[two[1]][0] == 1


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (
            lambda at: explain(at, logs=["explain/GradCAM"]),
            r"logs: 'explain/GradCAM': no such number. Numbers of this training: explain/GradCAM/",
        ),
        (
            lambda at: explain(at, logs=[SIMILARITY], reference=None),
            "no such number. Numbers of this training: explain/GradCAM/start_similarity.",
        ),
        (
            lambda at: Compression(log_dir=at, logs="compression/size", verbose=0),
            "no such number. Numbers of this training: compression/weights, compression/nonzeros,",
        ),
    ],
)
def test_a_name_that_is_none_is_refused_before_training(
    tmp_path: Path, make: Any, told: str
) -> None:
    model = small_cnn()
    before = model.get_weights()
    with pytest.raises(tfexplain.TfexplainError, match=told):
        fit([make(tmp_path)], 1, model)
    assert same_bits(before, model.get_weights())


def test_an_order_that_cannot_work_is_warned_of(tmp_path: Path) -> None:
    stops = keras.callbacks.EarlyStopping(SPARSITY, mode="min")
    ours = Compression(log_dir=tmp_path, logs=[SPARSITY], verbose=0)
    told = "EarlyStopping.monitor='compression/sparsity'. stands before Compression and cannot see"
    with (
        pytest.warns(ExplainWarning, match=told),
        pytest.warns(UserWarning, match="which is not available"),
    ):
        fit([stops, ours], 1)


def test_tf_keras_hands_them_on_too(tmp_path: Path) -> None:
    stops = tf_keras.callbacks.EarlyStopping(SPARSITY, mode="max", patience=1)
    ours = Compression(log_dir=tmp_path, logs=[SPARSITY], verbose=0)
    history = fit([ours, stops], 5, small_cnn(tf_keras)).history
    assert len(history[SPARSITY]) == 2


# What MLflow and W&B say of their own dependencies is not ours to mend.
@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")
@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::UserWarning")
def test_mlflow_tracks_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_ALLOW_FILE_STORE", "true")
    import mlflow

    mlflow.set_tracking_uri((tmp_path / "mlruns").as_uri())
    ours = Compression(log_dir=tmp_path / "run", logs=[SPARSITY], verbose=0)
    with mlflow.start_run() as run:
        history = fit([Prune(), ours, mlflow.keras.MlflowCallback()], 3).history
        report = tfexplain.read(tmp_path / "run").save_report(tmp_path / "report.html")
        mlflow.log_artifact(report)
    kept = mlflow.artifacts.download_artifacts(run_id=run.info.run_id, artifact_path="report.html")
    assert Path(kept).read_bytes() == report.read_bytes()
    metrics = mlflow.MlflowClient().get_metric_history(run.info.run_id, SPARSITY)
    assert [metric.value for metric in metrics] == history[SPARSITY]


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")
@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::UserWarning")
def test_wandb_tracks_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WANDB_SILENT", "true")
    import wandb
    from wandb.integration.keras import WandbMetricsLogger

    ours = Compression(log_dir=tmp_path / "run", logs=[SPARSITY], verbose=0)
    with wandb.init(mode="offline", dir=tmp_path, project="test") as run:
        history = fit([Prune(), ours, WandbMetricsLogger()], 3).history
        assert run.summary[f"epoch/{SPARSITY}"] == history[SPARSITY][-1]
        report = tfexplain.read(tmp_path / "run").save_report(tmp_path / "report.html")
        run.log({"explain": wandb.Html(str(report))})
        held = Path(run.dir, "media", "html")
    (kept,) = held.glob("explain_*.html")
    assert "data-answer" in kept.read_text("utf-8")
