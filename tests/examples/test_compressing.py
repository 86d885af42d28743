"""The example that makes a network a quarter of its size, run as a user runs it, for two epochs."""

from __future__ import annotations

import re

import pytest
from support.examples import run_example

import tfexplain

pytestmark = [pytest.mark.process, pytest.mark.slow]


def test_a_network_is_made_a_quarter_of_its_size(tmp_path):
    done = run_example("compressing.py", "--epochs", 2, "--log-dir", "logs", folder=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    before, after = (
        int(number.replace(",", ""))
        for number in re.findall(r"([\d,]+) bytes before, ([\d,]+) after", done.stdout)[0]
    )
    assert after <= before / 4
    (run,) = tfexplain.read(tmp_path / "logs" / "sensitivity").values()
    # Those that the plan changes and those that it leaves alone are all layers.
    alone = re.findall(r"^  (\w+) +(?:nothing that|\S+ costs)", done.stdout, re.MULTILINE)
    code = re.search(r"prune\(.*?filters=(\[[^\]]*\])", done.stdout, re.DOTALL)
    changed = re.findall(r'"\^?(\w+)\$?"', code[0].replace('structure="filters"', ""))
    assert {*alone, *changed} == set(run.sensitivity["kernel"])
    assert not {*alone} & {*changed}
    models = tfexplain.read(tmp_path / "logs" / "compared")
    assert {"dense", "small", "small 1", "small 2", "seed 1", "seed 2"} <= set(models)
