"""Environments of libraries whose requirements clash, made from the names of packages."""

from __future__ import annotations

import subprocess
import sys
import venv
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

HERE = f"tensorflow=={version('tensorflow')}", f"keras=={version('keras')}"


@dataclass(frozen=True)
class Environment:
    """What is installed, and what without its own requirements."""

    packages: tuple[str, ...]
    alone: tuple[str, ...] = ()


# Xplique's own requirements bring all of CUDA, so that they are named one by one. They end with
# TensorFlow 2.20, which is all that clashes; the others have environments to start alike.
ENVIRONMENTS = {
    "tf-explain": Environment(("tf-explain", "opencv-python-headless", "tensorboard", *HERE)),
    "tf-keras-vis": Environment(("tf-keras-vis", *HERE)),
    "Xplique": Environment(
        (
            "tensorflow<=2.20.0",
            HERE[1],
            "tensorflow-probability<=0.25.0",
            "tf_keras<=2.20.1",
            "deprecated",
            "einops",
            "matplotlib",
            "opencv-python-headless",
            "scikit-image<=0.25.2",
            "scikit-learn<=1.7.2",
            "scipy<=1.15.3",
        ),
        alone=("xplique",),
    ),
}


def python_of(name: str, folder: Path) -> str:
    """The interpreter of an environment, which is made below `folder` unless it is there."""
    wanted, place = ENVIRONMENTS[name], folder / name
    python = place / ("Scripts" if sys.platform == "win32" else "bin") / "python"
    done = place / "installed.txt"
    text = f"{wanted}\n"
    if not done.is_file() or done.read_text("utf-8") != text:
        print(f"{name}: installing into {place}", file=sys.stderr, flush=True)
        venv.create(place, clear=True, with_pip=True)
        for packages in (["--no-deps", *wanted.alone], list(wanted.packages)):
            if packages != ["--no-deps"]:
                subprocess.run(
                    [str(python), "-m", "pip", "install", "--quiet", *packages],
                    check=True,
                    stdout=sys.stderr,
                )
        done.write_text(text, "utf-8")
    return str(python)
