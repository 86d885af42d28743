"""`make environments`: the smoke test in virtual environments of the oldest and other versions.

Each set of versions gets an environment of its own in a temporary directory, with an installed copy
of the package, and is gone afterwards.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
TABLE = ("<!-- result -->\n", "<!-- end of result -->\n")


@dataclass(frozen=True)
class Versions:
    """A set of versions.

    Attributes:
        pythons: Any of these, the first that is there.
        requirements: For pip, beside the package's own.
        apart: Without their own requirements: tf_keras would bring `tensorflow` along, whichever
            build of it is there.
    """

    pythons: Sequence[str]
    requirements: Sequence[str]
    apart: Sequence[str]


SETS = {
    "oldest": Versions(
        ("3.10", "3.11", "3.12"),
        (
            *("tensorflow-cpu==2.16.*", "keras==3.3.*", "numpy==1.26.*", "tensorboard==2.16.*"),
            "ml_dtypes==0.3.*",
        ),
        ("tf_keras==2.16.*",),
    ),
    "colab": Versions(
        ("3.12", "3.13"),
        ("tensorflow==2.20.*", "keras==3.13.*", "tensorboard==2.20.*"),
        ("tf_keras==2.20.*",),
    ),
}


def python_of(names: Sequence[str]) -> str:
    """The path of the first of these Pythons that is there."""
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    for name in names:
        # By pyenv first: its `python3.10` in the PATH may stand for none.
        installed = [str(path) for path in sorted(pyenv.glob(f"{name}.*/bin/python"))]
        for candidate in filter(None, (*installed, shutil.which(f"python{name}"))):
            tried = subprocess.run([candidate, "-c", "import ensurepip"], capture_output=True)
            if not tried.returncode:
                return candidate
    raise SystemExit(f"none of Python {', '.join(names)} was found in the PATH or by pyenv")


def run(*command: str | Path, cwd: Path | None = None) -> str:
    """What the command prints; ends with all of its output where it fails."""
    environment = {k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "PYTHONHOME")}
    environment["TF_CPP_MIN_LOG_LEVEL"] = "3"
    done = subprocess.run(
        [str(part) for part in command], capture_output=True, text=True, cwd=cwd, env=environment
    )
    if done.returncode:
        raise SystemExit(f"{' '.join(map(str, command))}:\n{done.stdout}{done.stderr}")
    return done.stdout


def try_out(versions: Versions, wheel: Path) -> str:
    """Install and run; returns the versions that pip chose."""
    with tempfile.TemporaryDirectory(prefix="environment") as made:
        home = Path(made)
        run(python_of(versions.pythons), "-m", "venv", home / "venv")
        python = home / "venv" / ("Scripts" if os.name == "nt" else "bin") / "python"
        pip = (python, "-m", "pip", "install", "--quiet", "--no-cache-dir", "--no-compile")
        run(*pip, *versions.requirements, wheel)
        run(*pip, "--no-deps", *versions.apart)
        told = run(python, HERE / "smoke.py", cwd=home)
    print(told, end="", flush=True)
    return told.splitlines()[0]


def build(folder: Path) -> Path:
    """A wheel of the checkout."""
    run(sys.executable, "-m", "build", "--wheel", "--outdir", folder, ROOT)
    (wheel,) = folder.glob("*.whl")
    return wheel


def write(path: Path, results: Sequence[tuple[str, str]]) -> None:
    """Put the results into the page, between its two marks."""
    text = path.read_text("utf-8")
    before, rest = text.split(TABLE[0])
    _, behind = rest.split(TABLE[1])
    lines = ["| set | versions | last run |", "|---|---|---|"]
    lines += [f"| {name} | {told} | {date.today().isoformat()}, passed |" for name, told in results]
    path.write_text(before + TABLE[0] + "\n".join(lines) + "\n" + TABLE[1] + behind, "utf-8")


def main() -> None:
    """Run the sets that were asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sets", nargs="*", default=list(SETS), help=f"of {', '.join(SETS)}")
    parser.add_argument("--wheel", type=Path, help="of the package; built where not given")
    parser.add_argument("--write", type=Path, help="page whose table of results is replaced")
    options = parser.parse_args()
    strangers = set(options.sets) - set(SETS)
    if strangers:
        parser.error(f"sets: expected some of {', '.join(SETS)}; got {', '.join(strangers)}")
    results = []
    with tempfile.TemporaryDirectory() as made:
        wheel = options.wheel or build(Path(made))
        for name in options.sets:
            start = time.monotonic()
            results.append((name, try_out(SETS[name], wheel.resolve())))
            print(f"{name}: passed in {time.monotonic() - start:.0f} s", flush=True)
    if options.write:
        write(options.write, results)


if __name__ == "__main__":
    main()
