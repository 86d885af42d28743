"""Explainers of made-up but changing numbers, for what the page shows of each kind."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from tfexplain.attribution import Attribution
from tfexplain.explainers.base import Context, Explainer
from tfexplain.model.shared_pass import LayerReads
from tfexplain.model.traced_model import TracedModel


@dataclass(frozen=True, eq=False)
class WordEvidence(Explainer):
    """At a text input what each word adds to the target, where the model takes the mean of its
    embeddings and one dense layer: float32 [N, T], 0 for padding."""

    def plan(self, _: TracedModel, targets: Any = None) -> LayerReads:
        return LayerReads()

    def attributions(self, context: Context, _: dict[str, Any]) -> dict[str, Attribution]:
        ids = np.asarray(context.inputs)
        kernel = np.asarray(context.traced_model.model.layers[-1].kernel)
        evidence = np.einsum("ntc,cn->nt", embedded(context), kernel[:, context.result.targets])
        present = ids != 0
        values = evidence * present / present.sum(axis=1, keepdims=True)
        (name,) = context.traced_model.input_names
        return {name: made(self, context, values, layer=name)}


@dataclass(frozen=True, eq=False)
class WordAttention(Explainer):
    """Softmax of the embeddings' products, sharper head by head: float32 [N, 3, T, T]."""

    def plan(self, _: TracedModel, targets: Any = None) -> LayerReads:
        return LayerReads()

    def attributions(self, context: Context, _: dict[str, Any]) -> dict[str, Attribution]:
        vectors = embedded(context)
        products = np.einsum("nqc,nkc->nqk", vectors, vectors)
        shares = np.stack([products * s for s in (0.3, 1, 3)], axis=1)
        sharp = np.exp(shares - shares.max(axis=-1, keepdims=True))
        values = sharp / sharp.sum(axis=-1, keepdims=True)
        heads = np.array([0, 1, 5], np.int32)
        layer = next(
            s.path for s in context.traced_model.layer_calls if s.layer_type == "Embedding"
        )
        found = made(
            self, context, values, layer=layer, unit="attention", signed=False, heads=heads
        )
        return {layer: found}


def embedded(context: Context) -> Any:
    """The embedding of each token: float32 [N, T, c]."""
    call = next(s for s in context.traced_model.layer_calls if s.layer_type == "Embedding")
    table = np.asarray(context.traced_model.layers[call.path].embeddings)
    return table[np.asarray(context.inputs)]


def made(
    explainer: Explainer,
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
