"""Describes the metrics of kernels and layers: label, unit and meaning.

The page shows them by this table, which `make tables` writes down for it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

Unit: TypeAlias = Literal["share", "bytes", "bits", "dB", "count", "number"]


@dataclass(frozen=True)
class Metric:
    """Describes one number of a kernel or a layer, or of all of them together.

    Attributes:
        name: As `LayerNumbers.scalars`, `Totals.scalars` and `LayerHealth.numbers` name it, or the
            page does.
        label: As people read it.
        unit: Unit of the number; a share is from 0 to 1.
        meaning: In a few words.
        group: Group that it is listed in.
    """

    name: str
    label: str
    unit: Unit
    meaning: str
    group: str


_BY_GROUP: dict[str, tuple[tuple[str, str, Unit, str], ...]] = {
    "Sparsity": (
        ("sparsity", "sparsity", "share", "weights that are zero when the layer computes"),
        ("mask_sparsity", "mask sparsity", "share", "weights that the pruning mask switches off"),
        ("leak", "mask leak", "share", "masked weights that the optimizer has filled again"),
        ("raw_sparsity", "raw sparsity", "share", "stored weights that are zero before the mask"),
        ("filter_sparsity", "filter sparsity", "share", "outputs whose weights are all zero"),
        ("channel_sparsity", "channel sparsity", "share", "inputs whose weights are all zero"),
        (
            "row_sparsity",
            "row sparsity",
            "share",
            "inputs at one position whose weights are all zero",
        ),
        ("block_sparsity", "block sparsity", "share", "blocks whose weights are all zero"),
        (
            "nm_compliance",
            "n:m compliance",
            "share",
            "input groups with no more nonzeros than allowed",
        ),
        ("churn", "mask churn", "share", "weights whose mask changed since the last measurement"),
        ("nonzeros", "nonzero weights", "count", "effective parameters"),
        ("weights", "weights", "count", "parameters of the kernel"),
        ("nonfinite", "NaN or infinite", "count", "weights that are no finite number"),
    ),
    "Size": (
        ("size_stored", "size now", "bytes", "as it stands in memory, masks included"),
        ("size_dense", "dense size", "bytes", "an export that keeps zeros, scales included"),
        ("size_bitmask", "bitmask size", "bytes", "an export with one bit per weight for zeros"),
        ("size_csr", "CSR size", "bytes", "an export with an index for each nonzero weight"),
        ("size_gzip", "gzip size", "bytes", "the dense export after zlib"),
    ),
    "Quantization": (
        ("bits_stored", "stored bits", "bits", "per weight as stored"),
        ("bits_compute", "compute bits", "bits", "per weight in the multiplication"),
        ("effective_bits", "effective bits", "bits", "per weight, scales and zero points included"),
        (
            "sqnr",
            "SQNR",
            "dB",
            "signal to quantization noise; higher is closer to the float weights",
        ),
        ("mse", "squared error", "number", "mean squared difference from the float weights"),
        ("quantized_to_zero", "made zero", "share", "weights that quantization turned into zero"),
        ("clipping", "clipped", "share", "float weights outside the range of the codes"),
        (
            "activation_sqnr",
            "activation SQNR",
            "dB",
            "of the layer's outputs beside the float model's, errors of layers before included; "
            "higher is closer",
        ),
        (
            "activation_clipping",
            "activations clipped",
            "share",
            "the float model's outputs outside the range of the codes",
        ),
        ("code_use", "code use", "share", "codes that occur, of all there are"),
        ("code_entropy", "code entropy", "bits", "information per code, at best its bits"),
        ("scale_spread", "scale spread", "number", "largest scale over smallest"),
        ("scales_bad", "bad scales", "count", "scales that are zero, negative or not finite"),
    ),
    "Multiply-adds": (
        ("macs", "multiply-adds", "count", "per sample with no zero left out"),
        (
            "effective_macs",
            "nonzero multiply-adds",
            "count",
            "theoretical: with every zero left out",
        ),
        (
            "structured_macs",
            "structured multiply-adds",
            "count",
            "outside of zero filters and channels",
        ),
    ),
    "Distribution": (
        ("mean", "mean", "number", "of the weights, zeros included"),
        ("std", "standard deviation", "number", "of the weights, zeros included"),
        ("low", "least weight", "number", "the least finite weight"),
        ("high", "greatest weight", "number", "the greatest finite weight"),
    ),
    "Activity": (
        ("activation_sparsity", "zero activations", "share", "of all on the validation batch"),
        ("dead_share", "dead units", "share", "units never above zero on the validation batch"),
        ("activation_mean", "mean activation", "number", "on the validation batch"),
        (
            "activation_std",
            "deviation of activations",
            "number",
            "standard deviation on the validation batch",
        ),
        (
            "saturated",
            "saturated",
            "share",
            "activations where the function's slope is below 5% of its largest",
        ),
        (
            "activation_nonfinite",
            "NaN or infinite activations",
            "count",
            "calls of the layer that give some",
        ),
    ),
    "Gradients": (
        ("gradient_norm", "gradient norm", "number", "L2, of the loss of the validation batch"),
        (
            "gradient_ratio",
            "first to last gradient",
            "number",
            "gradient norm of the first layer over that of the last",
        ),
        ("gradient_zeros", "zero gradients", "share", "of all trained weights"),
        ("gradient_nonfinite", "NaN or infinite gradients", "count", "of the trained weights"),
        (
            "gradient_underflow",
            "gradient underflow",
            "share",
            "of the gradients that are not zero, lost in float16 after loss scaling",
        ),
        ("loss_scale", "loss scale", "number", "what the optimizer multiplies the loss with"),
        ("loss", "loss of the batch", "number", "as training computes it, regularizers included"),
    ),
    "Updates": (
        (
            "update_ratio",
            "update to weight",
            "number",
            "L2 of the change since the last measurement over that of the weights",
        ),
        ("update_norm", "update norm", "number", "L2 of the change since the last measurement"),
        ("weight_norm", "weight norm", "number", "L2 of the trained weights before the change"),
        (
            "update_underflow",
            "update underflow",
            "share",
            "of the weights that changed, the same as before in the layer's half precision",
        ),
    ),
    # The page computes these from records of maps and of drift.
    "Maps": (
        (
            "map_similarity",
            "similarity of maps",
            "number",
            "to the reference, mean of the samples whose prediction agrees",
        ),
        (
            "evidence_area",
            "area of half the evidence",
            "share",
            "positions that have half of a class activation map, mean of the chosen samples",
        ),
    ),
    "Other": (
        (
            "unread",
            "unread kernels",
            "count",
            "kernels of unknown modes, left out of the other totals",
        ),
    ),
}
METRICS = tuple(Metric(*texts, group) for group, metrics in _BY_GROUP.items() for texts in metrics)
