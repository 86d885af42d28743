/** The library's tables, as `make tables` writes them down: change them there. */

/** The plugin's name, in addresses and in the link. */
export const PLUGIN_NAME = "tfexplain" as const;

/** Logs of a newer major version are not read. */
export const MAJOR_VERSION = 1 as const;

/** Headers of records that are longer are not read. */
export const MAX_HEADER = 1048576 as const;

/** Pixels of one picture that are decoded: four bytes each, whatever is shown of them. */
export const MAX_AREA = 16777216 as const;

/** Pixels of all pictures of one input; their files may be a few hundred kilobytes. */
export const MAX_SUM = 268435456 as const;

/** Kinds of records; `inputs` are pictures. */
export const KINDS = [
  "samples",
  "metrics",
  "predictions",
  "status",
  "map",
  "channels",
  "matrix",
  "picture",
  "values",
  "kernels",
  "kernel",
  "drift",
  "fidelity",
  "exchange",
  "health",
  "units",
  "structure",
  "validation",
  "outputs",
  "pixels",
  "thumbnails",
  "importance",
  "dependence",
  "simple",
  "robustness",
  "clusters",
  "start",
  "trust",
  "sanity",
  "masks",
  "regions",
  "places",
  "sensitivity",
  "plan",
  "changed",
  "activations",
  "payers",
  "exemplars",
  "overlaps",
] as const;
export type RecordKind = (typeof KINDS)[number];

/** How the values of a map or an input lie. */
export const LAYOUTS = [
  "plane",
  "line",
  "volume",
  "tokens",
  "features",
] as const;
export type Layout = (typeof LAYOUTS)[number];

/** Axes of inputs that are no pictures, by layout. */
export const VALUE_RANKS = {"features": 2, "tokens": 2, "line": 3} as const;

/** What a run is to its reference. */
export const ROLES = [
  "model",
  "control",
  "teacher",
] as const;
export type Role = (typeof ROLES)[number];

/** A reference that is no run of a comparison. */
export const TEACHER = "the teacher" as const;

/** The teacher's run in that of its student. */
export const TEACHER_RUN = "teacher" as const;

/** In its maps' settings, the layer that they are of. */
export const TEACHER_LAYER = "layer of the teacher" as const;

/** When a record was made. */
export const MOMENTS = [
  "epoch",
  "end",
] as const;
export type MomentKind = (typeof MOMENTS)[number];

/** From here on, steps of events count parts of epochs since training began. */
export const FINE = 1099511627776 as const;

/** How many parts an epoch has there. */
export const PARTS = 1000000 as const;

/** Kinds of records that are compared with labels. */
export const EVALUATED = [
  "outputs",
  "pixels",
] as const;

/** What labels are. */
export const LABEL_KINDS = [
  "class",
  "value",
  "none",
] as const;
export type LabelKind = (typeof LABEL_KINDS)[number];

/** What outputs are. */
export const ACTIVATIONS = [
  "softmax",
  "sigmoid",
  "none",
] as const;
export type Activation = (typeof ACTIVATIONS)[number];

/** What is ranked by how much it is used. */
export const FEATURE_KINDS = [
  "column",
  "channel",
  "word",
  "place",
] as const;
export type FeatureKind = (typeof FEATURE_KINDS)[number];

/** What is measured while features are hidden. */
export const SCORES = [
  "accuracy",
  "mean absolute error",
] as const;
export type Score = (typeof SCORES)[number];

/** What a row of kernels says of each. */
export const ROW_KEYS = [
  "name",
  "path",
  "part",
  "type",
  "wrapper",
  "mode",
  "dtype",
  "shape",
  "note",
] as const;

/** What a row of health says of each layer. */
export const LAYER_KEYS = [
  "path",
  "type",
  "activation",
  "state",
  "note",
] as const;

/** Whether a layer's weights are trained. */
export const LAYER_STATES = [
  "trainable",
  "frozen",
  "",
] as const;

/** What a node of a model's structure says of itself. */
export const NODE_KEYS = [
  "name",
  "kind",
  "type",
  "shape",
  "dtype",
  "activation",
  "state",
  "mode",
] as const;

/** What a node stands for. */
export const NODE_KINDS = [
  "input",
  "call",
  "uncalled",
] as const;
export type NodeKind = (typeof NODE_KINDS)[number];

/** What tfmot puts before a layer's name for its wrapper. */
export const WRAPPERS = [
  "prune_low_magnitude_",
  "quant_",
  "cluster_",
] as const;

/** What the numbers of a kernel or a layer are in. */
export const UNITS = [
  "share",
  "bytes",
  "bits",
  "dB",
  "count",
  "number",
] as const;
export type Unit = (typeof UNITS)[number];

/** Numbers of a kernel or a layer. */
export const METRICS = [
  {"name": "sparsity", "label": "sparsity", "unit": "share", "meaning": "weights that are zero when the layer computes", "group": "Sparsity"},
  {"name": "mask_sparsity", "label": "mask sparsity", "unit": "share", "meaning": "weights that the pruning mask switches off", "group": "Sparsity"},
  {"name": "leak", "label": "mask leak", "unit": "share", "meaning": "masked weights that the optimizer has filled again", "group": "Sparsity"},
  {"name": "raw_sparsity", "label": "raw sparsity", "unit": "share", "meaning": "stored weights that are zero before the mask", "group": "Sparsity"},
  {"name": "filter_sparsity", "label": "filter sparsity", "unit": "share", "meaning": "outputs whose weights are all zero", "group": "Sparsity"},
  {"name": "channel_sparsity", "label": "channel sparsity", "unit": "share", "meaning": "inputs whose weights are all zero", "group": "Sparsity"},
  {"name": "row_sparsity", "label": "row sparsity", "unit": "share", "meaning": "inputs at one position whose weights are all zero", "group": "Sparsity"},
  {"name": "block_sparsity", "label": "block sparsity", "unit": "share", "meaning": "blocks whose weights are all zero", "group": "Sparsity"},
  {"name": "nm_compliance", "label": "n:m compliance", "unit": "share", "meaning": "input groups with no more nonzeros than allowed", "group": "Sparsity"},
  {"name": "churn", "label": "mask churn", "unit": "share", "meaning": "weights whose mask changed since the last measurement", "group": "Sparsity"},
  {"name": "nonzeros", "label": "nonzero weights", "unit": "count", "meaning": "effective parameters", "group": "Sparsity"},
  {"name": "weights", "label": "weights", "unit": "count", "meaning": "parameters of the kernel", "group": "Sparsity"},
  {"name": "nonfinite", "label": "NaN or infinite", "unit": "count", "meaning": "weights that are no finite number", "group": "Sparsity"},
  {"name": "size_stored", "label": "size now", "unit": "bytes", "meaning": "as it stands in memory, masks included", "group": "Size"},
  {"name": "size_dense", "label": "dense size", "unit": "bytes", "meaning": "an export that keeps zeros, scales included", "group": "Size"},
  {"name": "size_bitmask", "label": "bitmask size", "unit": "bytes", "meaning": "an export with one bit per weight for zeros", "group": "Size"},
  {"name": "size_csr", "label": "CSR size", "unit": "bytes", "meaning": "an export with an index for each nonzero weight", "group": "Size"},
  {"name": "size_gzip", "label": "gzip size", "unit": "bytes", "meaning": "the dense export after zlib", "group": "Size"},
  {"name": "bits_stored", "label": "stored bits", "unit": "bits", "meaning": "per weight as stored", "group": "Quantization"},
  {"name": "bits_compute", "label": "compute bits", "unit": "bits", "meaning": "per weight in the multiplication", "group": "Quantization"},
  {"name": "effective_bits", "label": "effective bits", "unit": "bits", "meaning": "per weight, scales and zero points included", "group": "Quantization"},
  {"name": "sqnr", "label": "SQNR", "unit": "dB", "meaning": "signal to quantization noise; higher is closer to the float weights", "group": "Quantization"},
  {"name": "mse", "label": "squared error", "unit": "number", "meaning": "mean squared difference from the float weights", "group": "Quantization"},
  {"name": "quantized_to_zero", "label": "made zero", "unit": "share", "meaning": "weights that quantization turned into zero", "group": "Quantization"},
  {"name": "clipping", "label": "clipped", "unit": "share", "meaning": "float weights outside the range of the codes", "group": "Quantization"},
  {"name": "activation_sqnr", "label": "activation SQNR", "unit": "dB", "meaning": "of the layer's outputs beside the float model's, errors of layers before included; higher is closer", "group": "Quantization"},
  {"name": "activation_clipping", "label": "activations clipped", "unit": "share", "meaning": "the float model's outputs outside the range of the codes", "group": "Quantization"},
  {"name": "code_use", "label": "code use", "unit": "share", "meaning": "codes that occur, of all there are", "group": "Quantization"},
  {"name": "code_entropy", "label": "code entropy", "unit": "bits", "meaning": "information per code, at best its bits", "group": "Quantization"},
  {"name": "scale_spread", "label": "scale spread", "unit": "number", "meaning": "largest scale over smallest", "group": "Quantization"},
  {"name": "scales_bad", "label": "bad scales", "unit": "count", "meaning": "scales that are zero, negative or not finite", "group": "Quantization"},
  {"name": "macs", "label": "multiply-adds", "unit": "count", "meaning": "per sample with no zero left out", "group": "Multiply-adds"},
  {"name": "effective_macs", "label": "nonzero multiply-adds", "unit": "count", "meaning": "theoretical: with every zero left out", "group": "Multiply-adds"},
  {"name": "structured_macs", "label": "structured multiply-adds", "unit": "count", "meaning": "outside of zero filters and channels", "group": "Multiply-adds"},
  {"name": "mean", "label": "mean", "unit": "number", "meaning": "of the weights, zeros included", "group": "Distribution"},
  {"name": "std", "label": "standard deviation", "unit": "number", "meaning": "of the weights, zeros included", "group": "Distribution"},
  {"name": "low", "label": "least weight", "unit": "number", "meaning": "the least finite weight", "group": "Distribution"},
  {"name": "high", "label": "greatest weight", "unit": "number", "meaning": "the greatest finite weight", "group": "Distribution"},
  {"name": "activation_sparsity", "label": "zero activations", "unit": "share", "meaning": "of all on the validation batch", "group": "Activity"},
  {"name": "dead_share", "label": "dead units", "unit": "share", "meaning": "units never above zero on the validation batch", "group": "Activity"},
  {"name": "activation_mean", "label": "mean activation", "unit": "number", "meaning": "on the validation batch", "group": "Activity"},
  {"name": "activation_std", "label": "deviation of activations", "unit": "number", "meaning": "standard deviation on the validation batch", "group": "Activity"},
  {"name": "saturated", "label": "saturated", "unit": "share", "meaning": "activations where the function's slope is below 5% of its largest", "group": "Activity"},
  {"name": "activation_nonfinite", "label": "NaN or infinite activations", "unit": "count", "meaning": "calls of the layer that give some", "group": "Activity"},
  {"name": "gradient_norm", "label": "gradient norm", "unit": "number", "meaning": "L2, of the loss of the validation batch", "group": "Gradients"},
  {"name": "gradient_ratio", "label": "first to last gradient", "unit": "number", "meaning": "gradient norm of the first layer over that of the last", "group": "Gradients"},
  {"name": "gradient_zeros", "label": "zero gradients", "unit": "share", "meaning": "of all trained weights", "group": "Gradients"},
  {"name": "gradient_nonfinite", "label": "NaN or infinite gradients", "unit": "count", "meaning": "of the trained weights", "group": "Gradients"},
  {"name": "gradient_underflow", "label": "gradient underflow", "unit": "share", "meaning": "of the gradients that are not zero, lost in float16 after loss scaling", "group": "Gradients"},
  {"name": "loss_scale", "label": "loss scale", "unit": "number", "meaning": "what the optimizer multiplies the loss with", "group": "Gradients"},
  {"name": "loss", "label": "loss of the batch", "unit": "number", "meaning": "as training computes it, regularizers included", "group": "Gradients"},
  {"name": "update_ratio", "label": "update to weight", "unit": "number", "meaning": "L2 of the change since the last measurement over that of the weights", "group": "Updates"},
  {"name": "update_norm", "label": "update norm", "unit": "number", "meaning": "L2 of the change since the last measurement", "group": "Updates"},
  {"name": "weight_norm", "label": "weight norm", "unit": "number", "meaning": "L2 of the trained weights before the change", "group": "Updates"},
  {"name": "update_underflow", "label": "update underflow", "unit": "share", "meaning": "of the weights that changed, the same as before in the layer's half precision", "group": "Updates"},
  {"name": "map_similarity", "label": "similarity of maps", "unit": "number", "meaning": "to the reference, mean of the samples whose prediction agrees", "group": "Maps"},
  {"name": "evidence_area", "label": "area of half the evidence", "unit": "share", "meaning": "positions that have half of a class activation map, mean of the chosen samples", "group": "Maps"},
  {"name": "unread", "label": "unread kernels", "unit": "count", "meaning": "kernels of unknown modes, left out of the other totals", "group": "Other"},
] as const;

/** Measures of similarity; `least` is the lowest usual value. */
export const MEASURES = [
  {"name": "spearman", "label": "Spearman", "meaning": "Correlation of ranks: 1 where both maps order all positions alike, 0 for no relation", "least": -1},
  {"name": "pearson", "label": "Pearson", "meaning": "Correlation of values: 1 where one map is a multiple of the other, 0 for no relation", "least": -1},
  {"name": "top10_iou", "label": "top-10% IoU", "meaning": "Overlap of the strongest tenth of positions: 1 for the same ones, 0 for none in common", "least": 0},
  {"name": "spearman_others", "label": "Spearman with other samples", "meaning": "Correlation of ranks with the reference’s maps of other samples, their mean: what is alike whatever the sample", "least": -1},
  {"name": "ssim", "label": "SSIM", "meaning": "Local structure on one scale for all samples: 1 for equal maps", "least": 0},
] as const;

/** Percentiles of the controls' band. */
export const BAND_PERCENTILES = [
  10,
  90,
] as const;

/** Fewer values of controls make no band. */
export const LEAST_VALUES = 5 as const;

/** The share of positions in `top10_iou`. */
export const TOP_SHARE = 0.1 as const;

/** Share of the scale from which a map hides its input. */
export const SOLID = 0.25 as const;

/** Lightness of a dimmed input, relative to the input. */
export const DIM = 0.3333333333333333 as const;

/** What maps without a picture are drawn on. */
export const PLATE = [
  0,
  0,
  0,
] as const;

/** Coarse maps over inputs whose longer side is shorter are drawn pixel by pixel. */
export const SMALL = 32 as const;

/** Share of a pixel map's magnitudes up to which the scale reaches. */
export const CEILING = 0.99 as const;

/** Evidence below that share of its score is zero but for rounding. */
export const NOISE = 1.1920928955078125e-07 as const;

/** Colours on each side of zero; twice as many without signs. */
export const LEVELS = 127 as const;

/** Anchors from zero to the scale: an arm for values below zero, and one for those above. */
export const SIGNED = {
  "blueRed": [
    "0541fc034ef80458f60560f60767f8086efa0b74fc157bfd1e82fd2788fd308efd3894fd419afd49a0fd51a5fd5aabfd62b0fd",
    "ba0916c20a16ca0b16d10c16d90d16e10e16e90f15f11015f91114fd231efd3a2efd4a3bfd5746fd6351fd6e5bfd7765fe816e"
  ],
  "purpleGreen": [
    "970ab79e0bbea40bc5ab0cccb10dd3b80edabf0fe1c610e8cd11efd412f6da1cfbde2efde040fde34efde55afde865fdea6ffd",
    "077826087d260982270a88270a8d270b92270c97260d9d260ea2250fa82310ad2110b31f11b81b12be1713c3101cc81124ce12"
  ]
} as const;
