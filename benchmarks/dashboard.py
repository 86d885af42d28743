"""The EXPLAIN tab at scale, beside TensorBoard's Images dashboard on the same maps.

    python benchmarks/dashboard.py [--logs FOLDER] [--quick] [--mode true|false] [--tab NAME]
        [--size RUNS EPOCHS SAMPLES] [--scene PART_OF_ITS_NAME]

The wall of 64 samples x 4 runs: --mode true --tab explain --size 4 40 64 --scene overview

Writes 10 runs x 200 epochs x 16 samples x 4 explainers (`dashboard_log.py`), starts TensorBoard on
it in both ingestion modes, and measures: the log's loading, our listing, one series, the page's
first painted maps, the frames of scrubbing, and memory. Images keeps 200 steps of each tag here, as
many as we do; by default it keeps 10.

A frame's cost is the processor time that Chromium's main thread spends on it (script, style,
layout, paint, commit), without a graphics card; 60 frames a second leave 16.7 ms. Beside it stand
the time of all of Chromium's processes, in which maps are drawn and composited, and the share of
frames whose maps were drawn: a worker that is late leaves frames out. `FOLDER` keeps the logs for
the next time.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any
from urllib.parse import quote, urlencode

from playwright.sync_api import Browser, Page, sync_playwright

# The root goes first, or Python takes the folder tests/tfexplain for the package.
sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
sys.path.insert(0, str(Path(__file__).parents[1]))

from dashboard_log import EXPLAINERS, Size, names, write_log, write_pictures
from dashboard_process import cpu_seconds, rss
from e2e.page import open_page, wait_loaded
from e2e.start import SWITCHES, chromium
from support.server import Server, serve

QUICK = Size(runs=2, epochs=6, samples=4)
WINDOW, TALL = (1440, 1000), (1440, 3600)
MIB = 1 << 20
# From the first animation callback to the commit to the compositor, in Chromium's own trace.
FRAME_EVENT = "ProxyMain::BeginMainFrame"

# In every frame of the page: when the first map, and all maps in sight, were on the screen.
WATCH = """() => {
    if (window === top || !location.search.includes("name=tfexplain")) return;
    const since = (now) => performance.timeOrigin + now - top.performance.timeOrigin;
    const seen = { frame: since(0) };
    window.firstPaint = seen;
    const isDrawn = (cell) =>
        !["", "–"].includes(cell.shadowRoot.querySelector(".score, .dead")?.textContent ?? "");
    const look = () => {
        const inside = (host, name) => host?.shadowRoot?.querySelector(name);
        const view = inside(document.querySelector("tfx-app"), "tfx-samples-view");
        const grid = inside(view, "tfx-grid");
        const end = grid?.getBoundingClientRect().bottom;
        const inSight = (cell) => cell.getBoundingClientRect().top < end;
        const all = [...(grid?.shadowRoot?.querySelectorAll("tfx-map-cell, tfx-tiles-cell") ?? [])];
        const drawn = all.filter(isDrawn);
        const told = (name) => requestAnimationFrame((now) => (seen[name] ??= since(now)));
        if (drawn.length > 0) told("first");
        if (drawn.length > 0 && all.filter(inSight).every(isDrawn)) told("all");
        else requestAnimationFrame(look);
    };
    requestAnimationFrame(look);
}"""
# When the answers with TensorBoard's own pictures had come.
PICTURES = """() => performance.getEntriesByType("resource")
    .filter(({ name }) => name.includes("individualImage"))
    .map(({ responseEnd }) => responseEnd)"""
SCRUB = """async () => {
    const { dashboard } = document.querySelector("tfx-app");
    const begins = [];
    for (const step of dashboard.scene.steps) {
        dashboard.seek(step);
        begins.push(await new Promise(requestAnimationFrame));
    }
    return begins.slice(1).map((begin, i) => begin - begins[i]);
}"""

# Counts the orders of drawings.
COUNT = """() => {
    const post = Worker.prototype.postMessage;
    window.orders = 0;
    Worker.prototype.postMessage = function (...sent) {
        if ("jobs" in sent[0]) window.orders++;
        return post.apply(this, sent);
    };
}"""


@dataclass(frozen=True)
class Scene:
    """What a scrubbed page shows."""

    name: str
    window: tuple[int, int]
    runs: int | None
    samples: int
    maps_only: bool = False
    view: str = "samples"


SCENES = (
    Scene("as it opens", WINDOW, None, 2),
    Scene("as it opens, all cells in sight", TALL, None, 2),
    Scene("24 maps of one run in sight", TALL, 1, 8, maps_only=True),
    Scene("10 runs, one sample, all in sight", TALL, 10, 1),
    Scene("overview: all samples of four runs on one canvas", WINDOW, None, 2, view="overview"),
)


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--logs", type=Path, help="keep the logs there, or use those that are")
    parser.add_argument("--quick", action="store_true", help="a small log, everything once")
    parser.add_argument("--mode", choices=("true", "false"), help="one value of --load_fast only")
    parser.add_argument("--tab", choices=("explain", "images"), help="one of the two only")
    sizes = ("RUNS", "EPOCHS", "SAMPLES")
    parser.add_argument("--size", type=int, nargs=3, metavar=sizes, help="of the logs")
    parser.add_argument("--scene", default="", help="only those whose name has this part")
    arguments = parser.parse_args()
    size = QUICK if arguments.quick else Size(*(arguments.size or ()))
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        logs = arguments.logs or Path(folder)
        for name, write in (("explain_log", write_log), ("images_log", write_pictures)):
            if not (logs / name).exists():
                write(logs / name, size)
            total = sum(file.stat().st_size for file in (logs / name).rglob("*") if file.is_file())
            print(f"{name}: {total / MIB:.0f} MiB", flush=True)
        browser = playwright.chromium.launch(executable_path=chromium(), args=SWITCHES)
        rounds = 1 if arguments.quick else 5
        for mode in [arguments.mode] if arguments.mode else ["true", "false"]:
            flags = ("--host", "127.0.0.1", f"--load_fast={mode}")
            print(f"\n--load_fast={mode}\n", flush=True)
            if arguments.tab != "images":
                every = SCENES[:1] if arguments.quick else SCENES
                scenes = [scene for scene in every if arguments.scene in scene.name]
                with serve(logs / "explain_log", *flags) as server:
                    explain(browser, server, size, rounds, scenes)
            if arguments.tab != "explain":
                kept = f"--samples_per_plugin=images={size.epochs}"
                with serve(logs / "images_log", *flags, kept) as server:
                    images(browser, server, size, rounds)
        browser.close()


def tell(name: str, value: str) -> None:
    """One line of the table."""
    print(f"| {name} | {value} |", flush=True)


# ------------------------------------------------------------------------- our own page


def explain(
    browser: Browser, server: Server, size: Size, rounds: int, scenes: Sequence[Scene]
) -> None:
    """Everything about the EXPLAIN tab."""
    print("| EXPLAIN | |\n|---|---|")
    with loading(server):
        wait_until(lambda: is_read(server.runs(), size))
    timed("listing", server, rounds, lambda: server.plugin("runs"))
    first = EXPLAINERS[0]
    run = f"{names(size)[0]}/explain"
    asked = {"run": run, "group": first.tag(0).group, "sample": 0}
    timed("one series", server, rounds, lambda: server.plugin("series", **asked))
    server_memory(server, "before any page")
    opened = [first_paint(browser, server) for _ in range(rounds)]
    for name, text in (("first", "first maps painted"), ("all", "all maps in sight painted")):
        whole = median(seen[name] for seen in opened)
        own = median(seen[name] - seen["frame"] for seen in opened)
        tell(text, f"{whole:.0f} ms after navigation, {own:.0f} ms after our frame began")
    for scene in scenes:
        scrub(browser, server, scene, size)
    server_memory(server, "in the end")


def is_read(runs: dict[str, Any], size: Size) -> bool:
    """Whether TensorBoard has the last epoch of every series."""
    groups = [group for run in runs.values() for group in run["groups"]]
    last = [group["last_step"] for group in groups if group["kind"] != "samples"]
    expected = size.runs * (len(EXPLAINERS) + 3)
    return len(last) >= expected and set(last) == {size.epochs - 1}


def first_paint(browser: Browser, server: Server) -> dict[str, float]:
    """Milliseconds from navigation to our frame, the first map and all maps in sight."""
    context = browser.new_context(viewport={"width": WINDOW[0], "height": WINDOW[1]})
    context.add_init_script(f"({WATCH})()")
    page = context.new_page()
    page.goto(f"{server.address}#tfexplain&p.tfexplain.view=samples")
    handle = page.wait_for_selector("iframe[src*='name=tfexplain']", timeout=60_000)
    frame = handle and handle.content_frame()
    assert frame
    frame.wait_for_function("window.firstPaint?.all", timeout=60_000)
    seen: dict[str, float] = frame.evaluate("window.firstPaint")
    context.close()
    return seen


def scrub(browser: Browser, server: Server, scene: Scene, size: Size) -> None:
    """Scrub over all epochs: the cost of a frame, and the page's memory before and after."""
    chosen = {"view": scene.view, "samples": ".".join(map(str, range(scene.samples)))}
    if scene.runs is not None:
        chosen["runs"] = ",".join(f"{name}/explain" for name in names(size)[: scene.runs])
    if scene.maps_only:
        chosen["groups"] = ",".join(e.tag(0).group for e in EXPLAINERS if not e.channels)
    place = "".join(f"&p.tfexplain.{key}={quote(value)}" for key, value in chosen.items())
    with open_page(browser, server.address, place) as page:
        page.page.set_viewport_size({"width": scene.window[0], "height": scene.window[1]})
        wait_loaded(page, patience_s=300)
        page.page.wait_for_timeout(500)
        before = page_memory(browser, page.page)
        requests = len(page.requests)
        page.frame.evaluate(SCRUB)
        page.frame.evaluate(COUNT)
        browser.start_tracing(page=page.page, categories=["cc"])
        page.page.wait_for_timeout(200)
        used = cpu_seconds(_browser_pid(browser))
        gaps = [gap for _ in range(max(1, 60 // size.epochs)) for gap in page.frame.evaluate(SCRUB)]
        whole = 1000 * (cpu_seconds(_browser_pid(browser)) - used) / len(gaps)
        drawn = page.frame.evaluate("orders") / len(gaps)
        page.page.wait_for_timeout(200)
        costs = frame_costs(browser.stop_tracing(), len(gaps))
        assert len(page.requests) == requests, "scrubbing went to the network"
        seen = page.frame.evaluate("document.querySelector('tfx-app').dashboard.stage.visibleCount")
        rate = 1000 / median(gaps)
        tell(
            f"scrubbing, {scene.name} ({seen} parts drawn)",
            f"{median(costs):.1f} ms a frame, p95 {p95(costs):.1f} ms; {rate:.0f} frames/s; "
            f"all processes {whole:.0f} ms a frame, maps in {drawn:.0%} of frames",
        )
        after = page_memory(browser, page.page)
        tell(f"page's memory, {scene.name}", f"{before}; scrubbed: {after}")


def _browser_pid(browser: Browser) -> int:
    session = browser.new_browser_cdp_session()
    processes = session.send("SystemInfo.getProcessInfo")["processInfo"]
    session.detach()
    found: int = next(one["id"] for one in processes if one["type"] == "browser")
    return found


def frame_costs(trace: bytes, count: int) -> list[float]:
    """Milliseconds of processor time of the main thread for each of the last frames, ascending."""
    named = [e for e in json.loads(trace)["traceEvents"] if e["name"] == FRAME_EVENT]
    # Chromium traces other kinds of events by that name, which take no time.
    timed = sorted((e for e in named if "tdur" in e), key=lambda event: event["ts"])
    return sorted(event["tdur"] / 1000 for event in timed[-count:])


def p95(ascending: list[float]) -> float:
    """The value that 95% do not exceed."""
    return ascending[int(0.95 * (len(ascending) - 1))]


# ----------------------------------------------------------- TensorBoard's Images dashboard


def images(browser: Browser, server: Server, size: Size, rounds: int) -> None:
    """The same questions to the Images dashboard."""
    print("\n| Images | |\n|---|---|")
    last = {"tag": picture_tag(size.samples - 1, -1), "sample": 0}
    plugin = "data/plugin/images"

    def listed(run: str) -> list[Any]:
        answer = server.get(f"{plugin}/images?{urlencode({**last, 'run': run})}")
        found: list[Any] = json.loads(answer.body) if answer.status == 200 else []
        return found

    with loading(server):
        wait_until(lambda: all(_ends(listed(name), size) for name in names(size)))
    timed("listing", server, rounds, lambda: server.get(f"{plugin}/tags"))
    pictures = listed(names(size)[0])
    tell("steps kept of a tag", str(len(pictures)))

    def series() -> None:
        listed(names(size)[0])
        for picture in pictures:
            server.get(f"{plugin}/individualImage?{picture['query']}&ts=0")

    timed("one series: its list and each picture", server, 1, series)
    server_memory(server, "before any page")
    opened = [first_pictures(browser, server) for _ in range(rounds)]
    first, whole, count, memory = zip(*opened, strict=True)
    tell("first picture came", f"{median(first):.0f} ms after navigation")
    tell(f"all {count[0]} pictures in sight came", f"{median(whole):.0f} ms after navigation")
    tell("page's memory", memory[0])
    server_memory(server, "in the end")


def picture_tag(sample: int, explainer: int) -> str:
    """The tag of an explainer's overlays of one sample."""
    chosen = EXPLAINERS[explainer]
    return f"{chosen.name}/{chosen.layer}/{sample}"


def _ends(pictures: list[Any], size: Size) -> bool:
    return bool(pictures) and pictures[-1]["step"] == size.epochs - 1


def first_pictures(browser: Browser, server: Server) -> tuple[float, float, int, str]:
    """Milliseconds to the first and last picture of the first screen, their number, memory."""
    context = browser.new_context(viewport={"width": WINDOW[0], "height": WINDOW[1]})
    page = context.new_page()
    page.goto(f"{server.address}#images")
    page.wait_for_function(f"({PICTURES})().length > 0", timeout=120_000)
    count = -1
    while count != (count := len(page.evaluate(PICTURES))):
        page.wait_for_timeout(2000)
    ends = page.evaluate(PICTURES)
    memory = page_memory(browser, page)
    context.close()
    return min(ends), max(ends), len(ends), memory


# ------------------------------------------------------------------------------ measuring


@contextmanager
def loading(server: Server) -> Iterator[None]:
    """Tell how long TensorBoard takes to read the log."""
    begin = time.monotonic()
    yield
    took = time.monotonic() - begin
    tell("TensorBoard reads the log", f"{took:.1f} s, CPU {cpu_seconds(server.pid):.1f} s")


def wait_until(ready: Callable[[], bool], patience_s: float = 1200) -> None:
    """Ask four times a second."""
    end = time.monotonic() + patience_s
    while not ready():
        if time.monotonic() > end:
            raise TimeoutError("TensorBoard did not read the log")
        time.sleep(0.25)


def timed(name: str, server: Server, rounds: int, ask: Callable[[], Any]) -> None:
    """Tell the median time of an answer, and the processor time of TensorBoard for it."""
    times = []
    used = cpu_seconds(server.pid)
    for _ in range(2 * rounds):
        begin = time.perf_counter()
        ask()
        times.append(1000 * (time.perf_counter() - begin))
    cpu = 1000 * (cpu_seconds(server.pid) - used) / len(times)
    tell(name, f"{median(times):.0f} ms, largest {max(times):.0f} ms, CPU {cpu:.0f} ms")


def server_memory(server: Server, when: str) -> None:
    """Tell what TensorBoard's processes hold."""
    tell(f"TensorBoard's memory, {when}", f"{rss(server.pid) / MIB:.0f} MiB")


def page_memory(browser: Browser, page: Page) -> str:
    """The script's heap, its buffers, and the renderer as Linux counts it, after a collection."""
    session = page.context.new_cdp_session(page)
    session.send("HeapProfiler.collectGarbage")
    heap = session.send("Runtime.getHeapUsage")
    session.detach()
    whole = browser.new_browser_cdp_session()
    processes = whole.send("SystemInfo.getProcessInfo")["processInfo"]
    whole.detach()
    renderer = max(rss(process["id"]) for process in processes if process["type"] == "renderer")
    buffers = heap.get("backingStorageSize", 0) / MIB
    used = heap["usedSize"] / MIB
    return f"heap {used:.0f} MiB, buffers {buffers:.0f} MiB, renderer {renderer / MIB:.0f} MiB"


if __name__ == "__main__":
    main()
