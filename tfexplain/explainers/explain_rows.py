"""Runs explainers on rows, whose maps come back or go to a folder: `tfexplain.explain`."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, overload

from tfexplain.attribution import Attributions
from tfexplain.errors import SettingError
from tfexplain.explainers.base import Explainer
from tfexplain.explainers.explanations import Explanations
from tfexplain.explainers.run import explanations, named_explainers
from tfexplain.model.targets import Targets

if TYPE_CHECKING:
    from distributed import Client

    from tfexplain.shards.reading import Shards


@overload
def explain(
    model: Any,
    inputs: Any,
    targets: Targets = None,
    *,
    explainers: Sequence[Explainer] | Explainer,
    out: None = None,
    client: None = None,
    batch_size: int | None = None,
    verbose: bool | int = 0,
) -> Explanations: ...


@overload
def explain(
    model: Any,
    inputs: Any,
    targets: Targets = None,
    *,
    explainers: Sequence[Explainer] | Explainer,
    out: str | os.PathLike[str],
    client: Client | None = None,
    batch_size: int | None = None,
    verbose: bool | int = 0,
) -> Shards: ...


def explain(
    model: Any,
    inputs: Any,
    targets: Targets = None,
    *,
    explainers: Sequence[Explainer] | Explainer,
    out: str | os.PathLike[str] | None = None,
    client: Client | None = None,
    batch_size: int | None = None,
    verbose: bool | int = 0,
) -> Explanations | Shards:
    """Runs explainers on the same samples, which share forward and backward passes.

    Args:
        model: A built Keras model, or a function of a batch.
        inputs: Arrays or tensors [N, ...] in the structure the model takes; or a batched
            `tf.data.Dataset`, or a Keras `PyDataset` or `Sequence`, of x, (x, y) or (x, y,
            weights). These are read batch by batch, and only the results are kept.
        targets: Class index or indices [N], one-hot rows [N, K], a function of the outputs that
            returns [N], a hidden `Unit`, `"mask:3"`, `"label:2"`, `"next token"`, or None (also
            `"predicted"`) for the predicted class; see docs/targets.md.
            `"label"` are the labels y that come with a dataset; without it they are not looked at.
        explainers: Methods with their settings.
        out: A folder, where samples or their maps outgrow memory: maps are written there in
            shards, files of some samples, and read back lazily. What has a file is not computed
            again. Then `inputs` may be an iterable of shards too, each x or (x, y), and `model`
            the path of a file. See docs/scale.md.
        client: A `distributed.Client`: shards are computed on the workers of its Dask cluster.
            These get the model as its saved bytes, or open its path.
        batch_size: How many samples are explained at once, which bounds memory; default all, and
            one batch of a dataset; 32 with `out`. Results are the same up to rounding. Methods that
            compare samples with each other (`Explainer.needs_all_samples`) get all of them, of a
            dataset too.
        verbose: 0 (default): silent. 1: a progress bar on the standard error. 2: a line for each
            method and batch, for log files.

    Returns:
        The result of a call of each explainer, by its name: an `Attribution`, or for several layers
        or inputs an `Attributions`. A second explainer of the same name is `"GradCAM-2"`. Its
        `show(inputs)` shows all in a notebook. With `out`, the `Shards` in that folder.

    Raises:
        LayerError: a layer is missing or unfit.
        TargetError: a target the model does not have, or no label where labels are asked for.
        TfexplainError: no samples, or data that cannot be read; or `out` holds the shards of
            another model, of other settings or samples.

    Example:
        >>> import keras, tensorflow as tf
        >>> from tfexplain import Saliency
        >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(3)])
        >>> data = tf.data.Dataset.from_tensor_slices((tf.ones((10, 2)), tf.range(10) % 3)).batch(4)
        >>> explain(model, data, "label", explainers=[Saliency()])["Saliency"].targets[:5]
        array([0, 1, 2, 0, 1], dtype=int32)
    """
    named = named_explainers([explainers] if isinstance(explainers, Explainer) else explainers)
    if out is not None:
        from tfexplain.shards.explained import explain_shards

        asked: dict[str, Any] = {"client": client, "batch_size": batch_size, "verbose": verbose}
        return explain_shards(model, inputs, targets, named, out, **asked)
    if client is not None:
        raise SettingError(f"client={client!r}: expected out= too, the folder that maps go to.")
    if isinstance(inputs, Iterator):
        raise SettingError(
            f"inputs={inputs!r}: expected arrays or a dataset. Pass out=, the folder that the maps "
            "of an iterator's shards go to."
        )
    settings: dict[str, Any] = {"batch_size": batch_size, "verbose": verbose}
    done = explanations(model, list(named.values()), inputs, targets, **settings)
    found = Explanations()
    for (name, explainer), explanation in zip(named.items(), done, strict=True):
        maps = Attributions(explanation.attributions)
        found[name] = maps if explainer.several else maps.simplified()
    return found
