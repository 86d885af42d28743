"""What is asked of an environment: no particular build of TensorFlow, and a word where none is."""

from __future__ import annotations

import subprocess
import sys
from configparser import ConfigParser
from pathlib import Path

import pytest

SETUP = Path(__file__).resolve().parents[1] / "setup.cfg"
# As if it were not installed, for the import system.
WITHOUT = "import sys; sys.modules['tensorflow'] = None; "


@pytest.mark.skipif(not SETUP.is_file(), reason="needs the source checkout")
def test_no_build_of_tensorflow_is_forced_over_another() -> None:
    read = ConfigParser()
    read.read(SETUP)
    required = read["options"]["install_requires"].split()
    assert required
    assert not [name for name in required if name.startswith(("tensorflow", "tf_keras"))]
    assert read["options.extras_require"]["tensorflow"].split() == ["tensorflow>=2.16"]


@pytest.mark.parametrize(
    "code",
    [
        "from tfexplain import Explain",
        "from tfexplain.callbacks import Compression",
        "from tfexplain import compression",
        "from tfexplain.explainers import GradCAM",
        "from tfexplain.cli import main; sys.exit(main('compare a.h5 b.h5 --data c'.split()))",
    ],
)
def test_without_tensorflow_it_is_said_what_to_install(code: str) -> None:
    done = subprocess.run([sys.executable, "-c", WITHOUT + code], capture_output=True, text=True)
    assert done.returncode
    last = done.stderr.strip().splitlines()[-1]
    assert "tfexplain needs TensorFlow" in last
    assert "pip install tensorboard-plugin-tfexplain[tensorflow]" in last


def test_the_package_itself_and_the_plugin_need_no_tensorflow() -> None:
    code = "import tfexplain, tfexplain.tb_plugin.plugin, tfexplain.wire.schema"
    subprocess.run([sys.executable, "-c", WITHOUT + code], check=True)
