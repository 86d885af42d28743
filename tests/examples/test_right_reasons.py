"""The example of a cure, run as a user runs it: the mark is not read, and the log shows it."""

from __future__ import annotations

import re

import numpy as np
import pytest
from support.examples import run_example

pytestmark = pytest.mark.process


def test_a_model_trained_for_the_right_reasons_reads_no_mark(tmp_path):
    done = run_example("right_reasons.py", "--epochs", 12, "--log-dir", "logs", folder=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    accuracy = dict(re.findall(r"(\w+): accuracy on images without a mark ([\d.]+)", done.stdout))
    unmarked, wrong, right = (float(accuracy[name]) for name in ("unmarked", "wrong", "right"))
    assert right > unmarked - 0.02
    assert wrong < unmarked - 0.2
    shares = dict(re.findall(r"(\w+): share of evidence .* epoch: ([\d. ]+)", done.stdout))
    read, unread = (np.array(shares[name].split(), float) for name in ("wrong", "right"))
    assert len(read) == len(unread) == 12
    assert unread[0] > 0.1
    assert unread[6:].max() < 0.02
    assert read[6:].min() > 0.15
