"""The cascade of re-drawn weights after training: what it logs, and that it leaves no trace."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tf_keras
from scipy import stats
from support.models import digits, same_bits, small_cnn
from support.read import read_run

import tfexplain
from tfexplain import Custom, Explain, FeatureMaps, GradCAM, IntegratedGradients
from tfexplain.errors import ExplainWarning, TfexplainError
from tfexplain.trust.orders import edges

X, Y = digits()
DRAWN = Custom("Edges", lambda model, x, targets: edges(np.asarray(x), 3))
EXPLAINERS = [GradCAM(relu=False), IntegratedGradients(steps=4), DRAWN]


def fit(log_dir: Path, model: Any, explainers: Any = EXPLAINERS, **options: Any) -> Any:
    settings = {"sanity": "random", "on_error": "raise", "verbose": False, **options}
    callback = Explain(
        (X, Y), log_dir=log_dir, explainers=explainers, write_images=False, **settings
    )
    model.fit(X, Y, epochs=2, batch_size=16, verbose=0, callbacks=[callback])
    return model


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Any]:
    """A training with the test, and the model after it."""
    log_dir = tmp_path_factory.mktemp("sanity") / "run"
    return log_dir, fit(log_dir, small_cnn())


def test_the_cascade_is_what_maps_of_re_drawn_weights_say(log) -> None:
    log_dir, model = log
    run = read_run(log_dir)
    samples = run.record("samples", 0)
    x, y = X[samples.rows], samples.labels.astype(int)
    other, before = small_cnn(), model.get_weights()
    drawn = list(before)
    places = ("GradCAM/conv", "IntegratedGradients/input")
    found = [run.record(f"sanity/{place}", 1) for place in places]
    assert {record.moment for record in found} == {"end"}
    assert {record.weights for record in found} == {1}
    for step, (layer, count) in enumerate([("head", 1), ("conv", 2)]):
        for record in found:
            assert (record.layers[step], record.counts[step]) == (layer, count)
        # The order of each variable, by its number: kernels before biases, from the top.
        for number, place in ((1, 2), (2, 3)) if step == 0 else ((3, 0), (4, 1)):
            own = before[place]
            order = np.random.default_rng([0, number]).permutation(own.size)
            drawn[place] = own.ravel()[order].reshape(own.shape)
        other.set_weights(drawn)
        for record, method in zip(found, EXPLAINERS, strict=False):
            own, again = (method(m, x, y).maps.astype(np.float64) for m in (model, other))
            here = x[..., 0] != 0 if record is found[1] else np.ones(own.shape, bool)
            for i in range(8):
                for name, j in (("values", i), ("chance", i - 1)):
                    expected = stats.spearmanr(own[i][here[i]], again[j][here[i]]).statistic
                    assert getattr(record, name)[i, step] == pytest.approx(expected, abs=1e-6)


def test_an_edge_detector_stays_the_same_whatever_the_weights(log) -> None:
    table = tfexplain.read(log[0].parent)["run"].sanity
    mine = table["explainer"] == "Edges"
    np.testing.assert_allclose(table["value"][mine], 1)
    assert np.nanmean(table["value"][~mine]) < 0.9
    assert set(table["redrawn"]) == {"head", "conv"}
    assert len(table["value"]) == 3 * 8 * 2


@pytest.mark.parametrize("library", [keras, tf_keras])
def test_a_fit_ends_with_the_same_weights_to_the_bit(tmp_path: Path, library: Any) -> None:
    weights = [
        fit(tmp_path / str(sanity), small_cnn(library), GradCAM(), sanity=sanity).get_weights()
        for sanity in (None, "random")
    ]
    assert same_bits(*weights)


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_weights_come_back_after_an_error_and_after_ctrl_c(tmp_path: Path, error: type) -> None:
    plain = fit(tmp_path / "plain", small_cnn(), GradCAM(), sanity=None).get_weights()
    model, seen = small_cnn(), []

    def failing(own: Any, x: Any, targets: Any) -> Any:
        seen.append(same_bits(plain, model.get_weights()))
        if len(seen) > 4:  # the dry run, two epochs, the maps that are compared
            raise error("in between")
        return np.ones(np.shape(x)[:3], "f4")

    explainers = [GradCAM(), Custom("Failing", failing)]
    if error is KeyboardInterrupt:
        with pytest.raises(KeyboardInterrupt):
            fit(tmp_path, model, explainers, on_error="warn")
    else:
        with pytest.warns(ExplainWarning, match="sanity: .*in between"):
            fit(tmp_path, model, explainers, on_error="warn")
    assert seen[3:] == [True, False]
    assert same_bits(plain, model.get_weights())


def test_what_cannot_be_tested_is_said_before_the_first_batch(tmp_path: Path) -> None:
    model = small_cnn()
    before = model.get_weights()
    with pytest.raises(TfexplainError, match="sanity='layers': expected None or 'random'"):
        fit(tmp_path, model, sanity="layers")
    with pytest.raises(TfexplainError, match="expected an explainer with maps of evidence"):
        fit(tmp_path, model, FeatureMaps())
    assert same_bits(before, model.get_weights())
