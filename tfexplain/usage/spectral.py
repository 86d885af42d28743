"""Clusters maps by what they have in common, and lays them out on a plane; needs scikit-learn."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from tfexplain.quality.intervals import Floats
from tfexplain.usage.simple_fit import sklearn_module

Ints = npt.NDArray[np.int64]

MOST_CLUSTERS = 8  # of one class
LEAST_TO_SPLIT = 20  # maps of fewer rows are one cluster


def spectral_clusters(maps: Floats, seed: int = 0) -> Ints:
    """Clusters maps by the graph of which are nearest to which; as many as the eigengap says.

    Each map is joined with its sqrt(N) nearest, 5 at least. The number of clusters is where the
    eigenvalues of the graph's normalised Laplacian rise most from one to the next.

    Args:
        maps: float64 [N, F], each of length 1.
        seed: Of where k-means begins.

    Returns:
        int64 [N], the cluster of each, the largest cluster first.

    Raises:
        ImportError: scikit-learn is not installed.

    References:
        von Luxburg 2007, A tutorial on spectral clustering, https://arxiv.org/abs/0711.0189

    >>> spectral_clusters(np.eye(2)[np.repeat([0, 1], [30, 12])]).tolist() == 30 * [0] + 12 * [1]
    True
    """
    count = len(maps)
    if count < LEAST_TO_SPLIT:
        return np.zeros(count, np.int64)
    nearest = max(5, round(np.sqrt(count)))
    graph = sklearn_module("neighbors").kneighbors_graph(maps, nearest).toarray()
    joined = np.maximum(graph, graph.T)
    scale = 1 / np.sqrt(joined.sum(axis=1))
    laplacian = np.eye(count) - joined * np.outer(scale, scale)
    values, vectors = np.linalg.eigh(laplacian)
    clusters = int(np.diff(values[: MOST_CLUSTERS + 1]).argmax()) + 1
    # Rows of one piece of the graph are at one place, once each is divided by its degree.
    embedded = vectors[:, :clusters] * scale[:, None]
    kmeans = sklearn_module("cluster").KMeans(clusters, n_init=10, random_state=seed)
    return by_size(kmeans.fit(embedded).labels_)


def by_size(labels: npt.ArrayLike) -> Ints:
    """Numbers clusters anew, the largest first, of equal ones that of the first row.

    >>> by_size([5, 2, 2]).tolist()
    [1, 0, 0]
    """
    _, first, own, counts = np.unique(
        labels, return_index=True, return_inverse=True, return_counts=True
    )
    ranks = np.empty(len(counts), np.int64)
    ranks[np.lexsort((first, -counts))] = np.arange(len(counts))
    return ranks[own]


def laid_out(maps: Floats, seed: int = 0) -> Floats:
    """Lays maps out on a plane, so that those that are alike are near: t-SNE.

    Distances between far points say nothing.

    Args:
        maps: float64 [N, F].
        seed: Of what is drawn.

    Returns:
        float64 [N, 2].

    References:
        van der Maaten and Hinton 2008, https://jmlr.org/papers/v9/vandermaaten08a.html
    """
    from threadpoolctl import threadpool_limits  # comes with scikit-learn

    count = len(maps)
    if count < 4 or maps.shape[1] < 2:
        return np.column_stack([maps[:, 0], np.zeros(count)])
    own = sklearn_module("manifold").TSNE(
        perplexity=min(30.0, (count - 1) / 3), init="pca", random_state=seed
    )
    with threadpool_limits(1):  # sums of several threads differ from run to run
        return np.asarray(own.fit_transform(maps.astype(np.float32)), np.float64)
