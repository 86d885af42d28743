"""Explainers of made-up but changing numbers, for what the page shows of each kind."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from tfexplain.attribution import Attribution
from tfexplain.explainers.base import Context, SingleExplainer
from tfexplain.passes import Passes
from tfexplain.shared_pass import Reading


@dataclass(frozen=True, eq=False)
class WordSums(SingleExplainer):
    """At a text input the sum of each word's embedding, 0 for padding: float32 [N, T]."""

    def reading(self, _: Passes) -> Reading:
        return Reading()

    def finish(self, context: Context, _: dict[str, Any]) -> dict[str, Attribution]:
        ids = np.asarray(context.inputs)
        values = embedded(context).sum(axis=-1) * (ids != 0)
        (name,) = context.passes.input_names
        return {name: made(self, context, values, layer=name)}


@dataclass(frozen=True, eq=False)
class WordAttention(SingleExplainer):
    """Softmax of the embeddings' products, sharper head by head: float32 [N, 3, T, T]."""

    def reading(self, _: Passes) -> Reading:
        return Reading()

    def finish(self, context: Context, _: dict[str, Any]) -> dict[str, Attribution]:
        vectors = embedded(context)
        products = np.einsum("nqc,nkc->nqk", vectors, vectors)
        sharp = np.exp(np.stack([products * s for s in (1, 10, 100)], axis=1))
        values = sharp / sharp.sum(axis=-1, keepdims=True)
        heads = np.array([0, 1, 5], np.int32)
        layer = next(s.path for s in context.passes.sites if s.layer_type == "Embedding")
        found = made(
            self, context, values, layer=layer, unit="attention", signed=False, heads=heads
        )
        return {layer: found}


def embedded(context: Context) -> Any:
    """The embedding of each token: float32 [N, T, c]."""
    site = next(s for s in context.passes.sites if s.layer_type == "Embedding")
    table = np.asarray(context.passes.layers[site.path].embeddings)
    return table[np.asarray(context.inputs)]


def made(
    explainer: SingleExplainer,
    context: Context,
    values: Any,
    *,
    layer: str,
    unit: str = "logit",
    signed: bool = True,
    heads: Any = None,
) -> Attribution:
    """An attribution of these values."""
    return Attribution(
        values=np.asarray(values, np.float32),
        targets=context.result.targets,
        scores=context.result.scores,
        layer=layer,
        explainer=explainer.name,
        unit=unit,
        signed=signed,
        attention_heads=heads,
    )
