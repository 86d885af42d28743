"""Pictures of a hostile log: a few hundred kilobytes that would fill the memory when decoded."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import expect
from support.logs import LogWriter
from support.server import serve

from e2e.conftest import OpenPage
from e2e.page import ExplainPage
from tfexplain.wire import schema

pytestmark = [pytest.mark.browser, pytest.mark.process]

HUGE = 64
LARGE = 4
SAMPLES = HUGE + LARGE
SIDE = 4096


def striped_png(side: int, level: int) -> bytes:
    """A gray PNG, black in its left half and of one gray in its right half, written by rows."""
    row = b"\0" + bytes(side // 2) + bytes([level]) * (side - side // 2)
    packer = zlib.compressobj(9)
    data = b"".join(packer.compress(row) for _ in range(side)) + packer.flush()
    size = struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0)
    chunks = [(b"IHDR", size), (b"IDAT", data), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
        for name, body in chunks
    )


def write_large_pictures(log_dir: Path) -> None:
    """64 pictures of 8192 x 8192 pixels, then four of 4096 x 4096, each with a map of 2 x 2."""
    log = LogWriter(log_dir / "explain")
    huge = striped_png(2 * SIDE, 255)
    pictures = [huge] * HUGE + [striped_png(SIDE, 60 * (i + 1)) for i in range(LARGE)]
    log.write("inputs/image", 0, pictures, schema.Content("inputs").encode())
    rows = np.arange(SAMPLES)
    samples = schema.Samples(np.zeros(SAMPLES), rows, "class")
    log.record(schema.Tag("samples"), 0, samples, schema.Content("samples"))
    content = schema.Content("map", "logit", False, (2, 2), "image")
    for sample in rows:
        record = schema.Map(np.zeros((2, 2), np.float32), 1.0, 0)
        log.record(schema.Tag("map", "GradCAM", "conv", int(sample)), 0, record, content)
    log.close()


# What is decoded now: how many pictures, and how many bytes.
_HELD = """() => {
    const { bitmaps } = document.querySelector("tfx-app").dashboard.store;
    const sizes = [...bitmaps.held.values()].map(({ pixels }) => pixels.bitmap);
    return [sizes.length, sizes.reduce((sum, { width, height }) => sum + 4 * width * height, 0),
            bitmaps.decoding.size + bitmaps.waiting.size];
}"""


def wait_decoded(page: ExplainPage, pictures: int) -> None:
    done = f"() => {{ const [count, , open] = ({_HELD})(); return count == {pictures} && !open; }}"
    page.frame.wait_for_function(done, timeout=60_000)
    page.settle()


def test_huge_pictures_are_refused_and_large_ones_decoded_small(
    open_tab: OpenPage, tmp_path: Path
) -> None:
    write_large_pictures(tmp_path / "run")
    with serve(tmp_path, "--host", "127.0.0.1") as server:
        server.wait_for(lambda runs: any(len(run["groups"]) == 2 for run in runs.values()))
        shown = ".".join(str(HUGE + i) for i in range(LARGE))
        with open_tab(server, f"&p.tfexplain.size=192&p.tfexplain.samples=0.{shown}") as page:
            page.page.set_viewport_size({"width": 1440, "height": 2600})
            wait_decoded(page, LARGE)
            page.settle()
            notes = page.frame.locator("tfx-notes .warning")
            expect(notes).to_have_count(1)
            expect(notes).to_contain_text("pictures of samples 0, 1, 2, 3, 4, 5, 6, 7 and 56 more")
            expect(notes).to_contain_text("8192")
            cards = page.frame.locator("tfx-grid tfx-picture")
            expect(cards.first).to_contain_text("not shown")
            _, size, _ = page.frame.evaluate(_HELD)
            assert size <= LARGE * 4 * 256 * 256
            for i in range(LARGE):
                cell = page.map("GradCAM", "conv", HUGE + i, "run")
                assert cell.colour(0, 0.2, 2, 2) == (0, 0, 0)
                assert cell.colour(1, 0.8, 2, 2) == (20 * (i + 1),) * 3
            # Enlarged, with more pixels; the small ones stay until the memory is needed.
            page.map("GradCAM", "conv", SAMPLES - 1, "run").cell.locator("button.map").click()
            wait_decoded(page, LARGE + 1)
            _, size, _ = page.frame.evaluate(_HELD)
            assert size <= LARGE * 4 * 256 * 256 + 4 * 1024 * 1024
