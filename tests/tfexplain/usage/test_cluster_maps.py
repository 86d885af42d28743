"""Clusters of maps: two planted strategies are told apart, as by scikit-learn itself; settings."""

from __future__ import annotations

import warnings
from typing import Any

import keras
import numpy as np
import pytest
from sklearn.cluster import SpectralClustering
from sklearn.metrics import adjusted_rand_score
from sklearn.neighbors import kneighbors_graph
from sklearn.preprocessing import normalize

import tfexplain
from tfexplain.errors import TfexplainError
from tfexplain.usage import Clusters
from tfexplain.usage.cluster_maps import of_length_1
from tfexplain.usage.compact import Place, small_place
from tfexplain.usage.spectral import by_size, laid_out, spectral_clusters

RNG = np.random.default_rng(0)


def planted(rows: int = 300) -> tuple[Any, Any, Any]:
    """Pictures of two classes; of the second some have a mark in a corner, the others a bar."""
    labels, strategy = np.arange(rows) % 2, RNG.random(rows) < 0.3
    pictures = RNG.random((rows, 16, 16, 1)).astype(np.float32)
    pictures[:, :2, 14:] = 0
    mark, bar = (labels == 1) & strategy, (labels == 1) & ~strategy
    pictures[mark, :2, 14:] = 40
    pictures[bar, 4:12, 4:12] += 3
    return pictures, labels, mark


def weights() -> Any:
    """Of the second class, float32 [16, 16]: the corner and the middle."""
    own = np.zeros((16, 16), np.float32)
    own[:2, 14:] = own[4:12, 4:12] = 1
    return own


def network() -> Any:
    """A linear model: its maps are weights times inputs."""
    model = keras.Sequential(
        [keras.Input((16, 16, 1)), keras.layers.Flatten(), keras.layers.Dense(2, "softmax")]
    )
    first = np.full(256, 0.01, np.float32)
    model.layers[-1].set_weights([np.stack([first, weights().ravel()], axis=1), np.zeros(2)])
    return model


@pytest.fixture(scope="module")
def found() -> tuple[Clusters, Any, Any]:
    pictures, labels, mark = planted()
    own = tfexplain.clusters(network(), (pictures, labels), class_names=["plain", "marked"])
    assert isinstance(own, Clusters)
    return own, pictures, mark


def test_the_cluster_of_the_mark_is_found_with_its_place(found: tuple[Clusters, Any, Any]) -> None:
    own, pictures, mark = found
    second = [one for one in own.clusters if one.label == 1]
    of_mark = [one for one in second if mark[own.rows[one.members]].mean() > 0.5]
    members = np.concatenate([own.rows[one.members] for one in of_mark])
    assert sorted(members.tolist()) == np.flatnonzero(mark).tolist()
    assert sum(one.share for one in second) == pytest.approx(1)
    (one,) = of_mark
    assert one.place is not None
    assert (one.place.corner, one.place.size) == ((0, 7), (1, 1))  # of 8 x 8 cells
    # Of each row the 4 pixels of the mark, beside 64 of the middle; then the mean, each by length.
    maps = weights() * pictures[mark][..., 0]
    cells = maps.reshape(-1, 8, 2, 8, 2).sum(axis=(2, 4))
    mean = (cells / np.linalg.norm(cells, axis=(1, 2), keepdims=True)).mean(axis=0)
    np.testing.assert_allclose(one.mean.reshape(8, 8), mean, atol=1e-5)
    assert one.place.held == pytest.approx(mean[0, 7] / mean.sum(), abs=1e-5)
    assert one.elsewhere == 0
    assert mark[own.rows[one.example]]
    assert own.passes == 16 * 300
    assert "marked" in repr(own)


def test_clusters_are_those_of_scikit_learn(found: tuple[Clusters, Any, Any]) -> None:
    own, pictures, _ = found
    rows = own.rows[own.labels == 1]
    cells = (weights() * pictures[rows][..., 0]).reshape(-1, 8, 2, 8, 2).sum(axis=(2, 4))
    maps = normalize(cells.reshape(len(rows), -1))
    graph = kneighbors_graph(maps, round(np.sqrt(len(maps)))).toarray()
    mine = own.of[own.labels == 1]
    theirs = SpectralClustering(len(set(mine)), affinity="precomputed", random_state=0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # the graph falls into pieces
        labels = theirs.fit_predict(np.maximum(graph, graph.T))
    assert len(set(mine)) > 1
    assert adjusted_rand_score(mine, labels) == 1


def test_one_strategy_is_one_cluster_and_few_rows_are_not_split() -> None:
    circle = of_length_1(1 + 0.1 * RNG.normal(size=(200, 30)))
    assert np.unique(spectral_clusters(circle)).tolist() == [0]
    assert spectral_clusters(np.eye(10)).tolist() == 10 * [0]
    assert by_size([3, 1, 1, 3, 3]).tolist() == [0, 1, 1, 0, 0]


def test_the_same_seed_gives_the_same_clusters_and_places() -> None:
    maps = of_length_1(RNG.normal(size=(120, 16)))
    np.testing.assert_array_equal(spectral_clusters(maps, 3), spectral_clusters(maps, 3))
    np.testing.assert_array_equal(laid_out(maps, 3), laid_out(maps, 3))


def test_maps_of_zeros_and_of_nan_belong_to_no_cluster() -> None:
    lengths = of_length_1(np.array([[3.0, 4.0], [0.0, 0.0], [np.nan, 1.0], [1e-9, 0.0]]))
    np.testing.assert_allclose(lengths[0], [0.6, 0.8])
    assert np.isnan(lengths[1:]).all()


def test_the_small_place_is_that_of_a_brute_search() -> None:
    evidence, beside = RNG.random((2, 6, 8))
    shares, others = evidence / evidence.sum(), beside / beside.sum()
    best = max(
        (shares - others)[y : y + h, x : x + w].sum()
        for h in range(1, 4)
        for w in range(1, 4)
        if h * w <= 3
        for y in range(7 - h)
        for x in range(9 - w)
    )
    found = small_place(evidence, beside)
    assert found.held - found.of(beside) == pytest.approx(best)
    assert np.isnan(Place((0, 0), (1, 1), 0.0).of(np.zeros((2, 2))))


@pytest.mark.parametrize(
    ("settings", "why"),
    [
        ({"rows": 10}, "rows=10: expected a whole number of at least 500"),
        ({"explainer": "GradCAM"}, "explainer='GradCAM': expected a method"),
        ({}, "expected at least 100 rows, for clusters of fewer are chance; got 30"),
    ],
)
def test_what_cannot_be_clustered_is_refused(settings: dict[str, Any], why: str) -> None:
    with pytest.raises(TfexplainError, match=why):
        tfexplain.clusters(network(), planted(30)[:2], **settings)


def test_one_class_is_clustered_and_values_are_one() -> None:
    pictures, labels, mark = planted(240)
    second = labels == 1
    one = tfexplain.clusters(network(), (pictures[second], labels[second]))
    values = tfexplain.clusters(lambda x: x[:, 0, 15, 0] + x[:, 8, 8, 0], pictures[second])
    assert isinstance(one, Clusters)
    assert isinstance(values, Clusters)
    assert set(one.labels.tolist()) == {1}
    assert set(values.labels.tolist()) == {-1}
    assert "all rows" in repr(values)
    for own in (one, values):
        whose = mark[second][own.rows]
        assert all(np.unique(whose[cluster.members]).size == 1 for cluster in own.clusters)
