"""What an explanation costs, as a multiple of the passes it cannot do without.

    python benchmarks/explain.py [--quick] [--rounds N] [--nodes N] [--case CASE]

Prints a Markdown table for each model. Times are medians of calls that take turns in one process.
Ratios are medians over the rounds, each of two calls of the same round; plain passes count for as
many samples as the part passes through the model, each node of a path being one. Peak memory is
that of a process that runs nothing else.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import median
from typing import Any

import measuring

import tfexplain

TITLES = {
    "small_cnn": "Small CNN (3 convolutions), 28 x 28 x 1, batch of 32",
    "mobilenet_v2": "MobileNetV2, 224 x 224 x 3, batch of 8",
    "vit": "ViT (6 blocks of 192, 3 heads, 145 tokens, fused attention), 96 x 96 x 3, batch of 8",
}
# What each part is measured against, beside plain passes over as many samples.
BARE = {
    "FeatureMaps": ["bare forward"],
    "GradCAM": ["bare Grad-CAM"],
    "GradCAM of all stages": ["GradCAM"],
    "FeatureMaps, GradCAM": ["FeatureMaps", "GradCAM"],
    "IntegratedGradients": ["bare IG"],
    "all three": ["FeatureMaps", "GradCAM", "IntegratedGradients"],
    "GradCAMPlusPlus": ["bare Grad-CAM"],
    "HiResCAM": ["bare Grad-CAM"],
    "LayerCAM": ["bare Grad-CAM"],
    "four class activation maps": ["GradCAM", "GradCAMPlusPlus", "HiResCAM", "LayerCAM"],
    "Saliency": ["bare forward+backward"],
    "InputXGradient": ["bare forward+backward"],
    "ExpectedGradients": ["bare IG"],
    "SmoothGrad": ["bare SmoothGrad"],
    "VarGrad": ["bare SmoothGrad"],
    "ActivationMaximization": ["bare ascent"],
    "Attention": ["bare weights"],
    "AttentionRollout": ["bare mean weights"],
    "GradientAttention": ["bare weights x gradients"],
    "all of attention": ["Attention", "AttentionRollout", "GradientAttention"],
}
# Memory does not depend on how many nodes follow one another.
PEAK_STEPS = 4
KINDS = ("wall", "cpu")
PLAIN = ("bare forward", "bare forward+backward")
MANY_PASSES = (
    *("bare IG", "IntegratedGradients", "all three"),
    *("bare SmoothGrad", "SmoothGrad", "VarGrad", "ExpectedGradients"),
    *("bare ascent", "ActivationMaximization"),
)
TOGETHER = (
    *("FeatureMaps, GradCAM", "all three"),
    *("four class activation maps", "all of attention"),
)


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n\n")[0])
    parser.add_argument("--quick", action="store_true", help="few rounds and nodes: a smoke test")
    parser.add_argument("--rounds", type=int, help="default: 30 small, 7 large")
    parser.add_argument(
        "--nodes", type=int, help="of paths, noisy copies and steps of ascent; default: 50"
    )
    parser.add_argument("--case", choices=TITLES, action="append", help="default: all")
    options = parser.parse_args(arguments)
    steps = options.nodes or (4 if options.quick else 50)
    for i, name in enumerate(options.case or TITLES):
        rounds = options.rounds or (2 if options.quick else {"small_cnn": 30}.get(name, 7))
        found = run("time", name, str(rounds), steps)
        peaks = {part: run("peak", name, part, PEAK_STEPS) for part in found["parts"]}
        if i == 0:
            print(measuring.machine({"tfexplain": tfexplain.__version__, **found["versions"]}))
        print(f"\n{TITLES[name]}; {steps} nodes, noisy copies and steps; {rounds} rounds\n")
        print("\n".join(table(found, peaks, steps)))
        print("\n".join(notes(found)), flush=True)


def run(mode: str, case: str, argument: str, steps: int) -> dict[str, Any]:
    """One measurement in a process of its own."""
    script = Path(__file__).with_name("workload.py")
    command = [sys.executable, str(script), mode, case, argument, str(steps)]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    answer: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return answer


def table(found: dict[str, Any], peaks: dict[str, Any], steps: int) -> Iterator[str]:
    """A row for each part."""
    parts = found["parts"]
    yield (
        "| part | first call, s | then, ms | CPU, ms | ÷ forward | ÷ forward+backward "
        "| ÷ bare work of its own | the same in CPU time | peak MB (over the model alone) |"
    )
    yield "|---|--:|--:|--:|--:|--:|--:|--:|--:|"
    for name, times in parts.items():
        passes = steps if name in MANY_PASSES else 1
        wall = [ratio(parts, name, [bare] * passes, "wall") for bare in PLAIN]
        own = [ratio(parts, name, BARE[name], k) if name in BARE else "" for k in KINDS]
        if name in TOGETHER:
            own = [f"{text} of the parts" for text in own]
        memory = f"{peaks[name]['peak']:.0f} (+{peaks[name]['peak'] - peaks[name]['before']:.0f})"
        cells = [name, f"{times['first']:.2f}", *(f"{1e3 * median(times[k]):.1f}" for k in KINDS)]
        yield "| " + " | ".join([*cells, *wall, *own, memory]) + " |"


def ratio(parts: dict[str, Any], name: str, against: Sequence[str], kind: str) -> str:
    """The median over the rounds of one part's time to that of others together."""
    together = [sum(times) for times in zip(*(parts[a][kind] for a in against), strict=True)]
    return f"{measuring.ratio(parts[name][kind], together):.2f}"


def notes(found: dict[str, Any]) -> Iterator[str]:
    """What is no time and no memory."""
    records, overlays = found["bytes_records"], found["bytes_overlays"]
    yield (
        f"\nTraces: {found['traces_first']} in the first epoch, {found['traces_later']} after it. "
        f"One epoch of Grad-CAM for {found['samples']} samples: {records:,} bytes as records, "
        f"{overlays:,} as a PNG grid of overlays at the size of the input "
        f"({overlays / records:.1f} times)."
    )


if __name__ == "__main__":
    main()
