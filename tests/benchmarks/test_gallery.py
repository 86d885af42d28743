"""The script that makes the gallery: nothing public is missing from what it makes."""

from __future__ import annotations

import pytest
from PIL import Image
from support.examples import run_example
from support.gallery import methods, named

pytestmark = pytest.mark.process


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("gallery")
    done = run_example("gallery.py", "--epochs", 1, "--out", "docs", folder=folder)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder / "docs"


def test_every_method_is_shown_or_says_why_not(made):
    shown, refused = named((made / "gallery.md").read_text("utf-8"))
    assert shown | refused == methods()
    assert refused == {"PermutationImportance"}  # which is for tables


def test_the_picture_has_a_row_for_each(made):
    shown, _ = named((made / "gallery.md").read_text("utf-8"))
    with Image.open(made / "gallery.png") as picture:
        assert picture.height == pytest.approx(80 * 1.02 * (len(shown) + 1), abs=2)
        for row in range(1, len(shown) + 1):
            top = row * picture.height // (len(shown) + 1)
            strip = picture.convert("L").crop((250, top, picture.width, top + 80))
            assert len(set(strip.get_flattened_data())) > 10, row
