"""Makes the pictures of the README from the demo's log: `make pictures`.

    PYTHONPATH=.:tests python -m e2e.pictures [--log-dir DIR]

`docs/screenshot.png` is the tab as it opens, at 1440 x 900; `docs/scrubbing.gif` the same page from
the first epoch to the last.
"""

from __future__ import annotations

import argparse
import io
import tempfile
from pathlib import Path

from PIL import Image
from playwright.sync_api import sync_playwright
from support.examples import ROOT, run_example
from support.server import serve

from e2e.page import ExplainPage, open_page, wait_loaded
from e2e.start import SWITCHES, chromium

SIZE = (1440, 900)
SMALL = (960, 600)
DOCS = ROOT / "docs"
FRAME_MS, LAST_MS = 220, 1800


def main() -> None:
    """Trains the demo where there is no log of it yet, opens it, and writes both pictures."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n\n")[0])
    parser.add_argument("--log-dir", type=Path, help="a log of the demo; default: it is trained")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        logs = options.log_dir or Path(folder) / "logs"
        if not options.log_dir:
            run_example("demo.py", "--no-serve", "--log-dir", logs, folder=Path(folder))
        with serve(logs, "--host", "127.0.0.1") as server, sync_playwright() as playwright:
            server.wait_for(lambda runs: len(runs) >= 4)
            browser = playwright.chromium.launch(executable_path=chromium(), args=SWITCHES)
            with open_page(browser, server.address, None) as page:
                screenshot(page, DOCS)
                scrubbing(page, DOCS)


def screenshot(page: ExplainPage, folder: Path) -> Path:
    """Writes the picture of a page as it opens."""
    page.page.set_viewport_size({"width": SIZE[0], "height": SIZE[1]})
    wait_loaded(page)
    page.frame.get_by_text("predictions follow").first.wait_for()
    page.settle()
    path = folder / "screenshot.png"
    path.write_bytes(page.page.screenshot())
    return path


def scrubbing(page: ExplainPage, folder: Path) -> Path:
    """Writes the moving picture, a frame an epoch."""
    last, frames = page.epoch, []
    page.press("Home")
    for _ in range(last + 1):
        page.settle()
        shot = Image.open(io.BytesIO(page.page.screenshot())).convert("RGB")
        frames.append(shot.resize(SMALL, Image.Resampling.LANCZOS).quantize(128))
        page.press("ArrowRight")
    times = [FRAME_MS] * (len(frames) - 1) + [LAST_MS]
    path = folder / "scrubbing.gif"
    frames[0].save(
        path,
        save_all=True,
        append_images=frames[1:],
        duration=times,
        loop=0,
        optimize=True,
    )
    return path


if __name__ == "__main__":
    main()
