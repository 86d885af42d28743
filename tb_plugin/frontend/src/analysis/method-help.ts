/** What each method answers, and how its maps are to be read and not to be read: docs/choosing.md in short. */

import { EXCHANGE_HELP } from "./exchange-facts.ts";

export interface MethodHelp {
  readonly answers: string;
  readonly reading: string;
  /** Where the method was published. */
  readonly paper?: string;
}

const GRADIENT =
  "It is noisy, and near zero where the model is sure: a dark place is no proof of no use.";
const CAM = "Bright places hold evidence at the resolution of the layer, not single pixels";

const HELP: Readonly<Record<string, MethodHelp>> = {
  Saliency: {
    answers: "How much would the score change if this value changed a little?",
    reading: GRADIENT,
    paper: "https://arxiv.org/abs/1312.6034",
  },
  InputXGradient: {
    answers: "What would this value add to the score if the model were linear here?",
    reading: "Values of zero, such as black pixels, get nothing, whatever they mean to the model.",
    paper: "https://arxiv.org/abs/1605.01713",
  },
  SmoothGrad: {
    answers: "How much would the score change with this value, on average over noisy copies?",
    reading: "It looks cleaner than a gradient and is hardly more faithful; the noise is a choice.",
    paper: "https://arxiv.org/abs/1706.03825",
  },
  VarGrad: {
    answers: "Where does the gradient vary between noisy copies?",
    reading: "It has no direction: it is neither evidence for the target nor against it.",
    paper: "https://arxiv.org/abs/1810.03307",
  },
  Smooth: {
    answers: "What does the other method say, on average over noisy copies?",
    reading: "Read it as that method; the map no longer adds up to the score.",
    paper: "https://arxiv.org/abs/1706.03825",
  },
  ExpectedGradients: {
    answers: "What does each value add to the score, counted from typical samples?",
    reading: "It is as good as its background samples; another background asks another question.",
    paper: "https://arxiv.org/abs/1906.10670",
  },
  IntegratedGradients: {
    answers: "What does each value add to the score, counted from a baseline?",
    reading:
      "All values add up to the change of the score; what equals the baseline (black on black) gets nothing, and no value says what changing it would do.",
    paper: "https://arxiv.org/abs/1703.01365",
  },
  GradCAM: {
    answers: "Where in this layer lies evidence for the target?",
    reading: `${CAM}; averaged gradients can light up places that the score does not read, and all zero is a result.`,
    paper: "https://arxiv.org/abs/1610.02391",
  },
  GradCAMPlusPlus: {
    answers: "Where in this layer lies evidence for the target, several objects counted fully?",
    reading: `${CAM}; evidence against the target is left out.`,
    paper: "https://arxiv.org/abs/1710.11063",
  },
  HiResCAM: {
    answers: "Where in this layer lies evidence for the target, by each position’s own gradient?",
    reading: `${CAM}; it is exact only where the rest of the network is linear.`,
    paper: "https://arxiv.org/abs/2011.08891",
  },
  LayerCAM: {
    answers: "Where in this early, fine layer lies evidence for the target?",
    reading: `${CAM}; the values add up to nothing in particular.`,
    paper: "https://doi.org/10.1109/TIP.2021.3089943",
  },
  ScoreCAM: {
    answers: "Does showing only what this layer’s channels show raise the score?",
    reading: "It takes no gradients; the masked pictures are none that the model was trained on.",
    paper: "https://arxiv.org/abs/1910.01279",
  },
  Occlusion: {
    answers: "How far does the score fall if this window is hidden?",
    reading:
      "Bright places are needed, one at a time; what stands twice in the input hides nothing, and the size of the window decides what is seen.",
    paper: "https://arxiv.org/abs/1311.2901",
  },
  RISE: {
    answers: "What score is to be expected where this place is shown?",
    reading: "Values are scores, not shares of one; they are noisy, so that two seeds differ.",
    paper: "https://arxiv.org/abs/1806.07421",
  },
  LIME: {
    answers: "Which segments does a linear model of the neighbourhood need?",
    reading: "Other draws, segments or kernel widths give other answers: compare two seeds.",
    paper: "https://arxiv.org/abs/1602.04938",
  },
  KernelSHAP: {
    answers: "What is each feature’s fair share of the score?",
    reading:
      "Shares add up to the score; correlated features are pulled apart into rows that do not exist.",
    paper: "https://arxiv.org/abs/1705.07874",
  },
  FeatureAblation: {
    answers: "How far does the score fall without this feature or group?",
    reading: "Of two features that say the same, each seems useless; the baseline is a choice.",
  },
  PermutationImportance: {
    answers: "How far does the score fall if this column is shuffled?",
    reading: "It is about the model and not about the world; correlated columns get too much.",
    paper: "https://arxiv.org/abs/1801.01489",
  },
  Attention: {
    answers: "What does each head of this layer look at?",
    reading: "Read it as where a layer reads from, not why: it need not explain the output.",
    paper: "https://arxiv.org/abs/1706.03762",
  },
  AttentionRollout: {
    answers: "Where would information come from if attention alone carried it?",
    reading: "It is the same for every class; evidence against the target is left out.",
    paper: "https://arxiv.org/abs/2005.00928",
  },
  GradientAttention: {
    answers: "Which tokens raise the score along attention?",
    reading: "It follows rules and no theorem; what lowers the score is left out.",
    paper: "https://arxiv.org/abs/2103.15679",
  },
  FeatureMaps: {
    answers: "What does each channel of this layer respond to here?",
    reading:
      "Activity is no importance: a bright channel may be read by nobody. Its share of the evidence, where it is told, says how much Grad-CAM makes of it.",
  },
  Exchange: EXCHANGE_HELP,
};

/** What a method answers; undefined for those of the user and of newer writers. */
export function methodHelp(explainer: string): MethodHelp | undefined {
  // A second one of a kind is called `GradCAM-2`.
  return HELP[explainer.replace(/-\d+$/, "")];
}
