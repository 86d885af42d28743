"""What one frame of scrubbing costs in Chromium: 50 epochs x 8 samples x 3 explainers.

    python benchmarks/dashboard_frames.py

Writes a made-up log (28 x 28 inputs, Integrated Gradients maps of 28 x 28, Grad-CAM of 14 x 14,
6 channels of 14 x 14), opens the EXPLAIN tab on it and moves the playhead at every animation
frame, three times over all epochs. A frame's cost is the processor time that Chromium's main thread
spends on it (script, style, layout, paint, commit); 60 frames a second leave 16.7 ms. The rate is
what came out on the screen, with whatever else the machine was doing, and without a graphics card.
Once with what an ordinary window shows, once with all 24 cells.
"""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path
from statistics import median

from playwright.sync_api import Browser, sync_playwright

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from e2e.page import open_page, wait_loaded
from e2e.start import SWITCHES, chromium
from support.logs import write_demo_log
from support.server import Server, serve

EPOCHS, SAMPLES, SIDE = 50, 8, 28
WINDOWS = {"ordinary window": (1440, 1000), "all 24 cells seen": (1440, 3600)}

ROUNDS = 3

SCRUB = """async (rounds) => {
    const { dashboard } = document.querySelector("tfx-app");
    const { steps } = dashboard.scene;
    const frame = () => new Promise(requestAnimationFrame);
    const scripts = [], begins = [];
    for (let round = 0; round < rounds; round++) {
        for (const step of steps) {
            dashboard.seek(step);
            begins.push(await frame());
            scripts.push(dashboard.stage.lastCost);
        }
    }
    return { scripts, gaps: begins.slice(1).map((begin, i) => begin - begins[i]) };
}"""
# From the first animation callback to the commit to the compositor, in Chromium's own trace.
FRAME_EVENT = "ProxyMain::BeginMainFrame"


def main() -> None:
    """Print the table."""
    with tempfile.TemporaryDirectory() as folder:
        write_demo_log(Path(folder) / "run", epochs=EPOCHS, samples=SAMPLES, side=SIDE)
        with serve(Path(folder), "--host", "127.0.0.1") as server, sync_playwright() as playwright:
            server.wait_for(lambda runs: any(_is_whole(found) for found in runs.values()))
            browser = playwright.chromium.launch(executable_path=chromium(), args=SWITCHES)
            print(
                "| window | parts drawn | frame, ms: median | p95 | script, ms: median | p95 |",
                end="",
            )
            print(" frames/s |\n|---|---|---|---|---|---|---|")
            for name, size in WINDOWS.items():
                measure(browser, server, name, size)
            browser.close()


def measure(browser: Browser, server: Server, name: str, size: tuple[int, int]) -> None:
    """One line: the same scrubbing in a window of one size."""
    samples = ".".join(map(str, range(SAMPLES)))
    with open_page(browser, server.address, f"&p.tfexplain.samples={samples}") as page:
        page.page.set_viewport_size({"width": size[0], "height": size[1]})
        wait_loaded(page)
        page.page.wait_for_timeout(500)
        before = len(page.requests)
        seen = page.frame.evaluate("document.querySelector('tfx-app').dashboard.stage.visibleCount")
        page.frame.evaluate(SCRUB, 1)
        browser.start_tracing(page=page.page, categories=["cc"])
        found = page.frame.evaluate(SCRUB, ROUNDS)
        frames = frame_costs(browser.stop_tracing())
        assert len(page.requests) == before, "scrubbing went to the network"
        scripts = sorted(found["scripts"])
        numbers = [median(frames), p95(frames), median(scripts), p95(scripts)]
        cells = " | ".join(f"{number:.1f}" for number in numbers)
        print(f"| {name} | {seen} | {cells} | {1000 / median(found['gaps']):.0f} |", flush=True)


def frame_costs(trace: bytes) -> list[float]:
    """Milliseconds of processor time of the main thread for each of the last frames, ascending."""
    events = [e for e in json.loads(trace)["traceEvents"] if e["name"] == FRAME_EVENT]
    last = sorted(events, key=lambda event: event["ts"])[-EPOCHS * ROUNDS :]
    return sorted(event["tdur"] / 1000 for event in last if "tdur" in event)


def p95(ascending: list[float]) -> float:
    """The value that 95% do not exceed."""
    return ascending[int(0.95 * (len(ascending) - 1))]


def _is_whole(run: dict[str, list[dict[str, int]]]) -> bool:
    return any(group["last_step"] == EPOCHS - 1 for group in run["groups"])


if __name__ == "__main__":
    main()
