"""The page as a person sees it: what to press, and what can be read off the screen."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from PIL import Image
from playwright.sync_api import Browser, Frame, Locator, Page, Request, expect

_TEXT = """e => e.shadowRoot
    ? [...e.shadowRoot.children].map(child => child.innerText).join("\\n")
    : e.innerText"""
# What TensorBoard itself says in every browser without our doing.
_NOT_OURS = ("Multiple instances of Three.js", "favicon")


class ExplainPage:
    """The EXPLAIN tab in one browser page."""

    def __init__(self, page: Page, frame: Frame, errors: list[str], requests: list[str]) -> None:
        self.page = page
        self.frame = frame
        self.errors = errors
        self.requests = requests

    @property
    def epoch(self) -> int:
        """The epoch that the timeline names."""
        found = re.match(r"Epoch (\d+) of", self.text("tfx-timeline .epoch"))
        assert found
        return int(found[1])

    @property
    def hash(self) -> str:
        """The hash of the address bar."""
        return str(self.page.evaluate("location.hash"))

    def text(self, selector: str) -> str:
        """The text of the first element that matches."""
        return str(self.frame.locator(selector).first.evaluate(_TEXT))

    def settle(self) -> None:
        """Wait until what was last done has been loaded, drawn and written, or for half a second
        where the page never rests, as while it plays."""
        self.frame.evaluate(
            """async () => {
                const frame = () => new Promise((done) => requestAnimationFrame(done));
                const stage = document.querySelector("tfx-app")?.dashboard.stage;
                const isBusy = (root) => [...root.querySelectorAll("*")].some(
                    (part) => part.getAttribute("aria-busy") === "true"
                        || (part.shadowRoot && isBusy(part.shadowRoot)));
                await frame();
                await frame();
                for (let i = 0; i < 600 && isBusy(document); i++) await frame();
                for (let i = 0; i < 30 && stage && !stage.isAtRest; i++) await frame();
            }"""
        )

    def until(
        self, holds: Callable[[], bool], before_each: Callable[[int], object] = lambda _: None
    ) -> bool:
        """Look again and again whether something holds, for some two seconds.

        Args:
            holds: What is waited for.
            before_each: Done before each look, with its number.

        Returns:
            Whether it held at last.
        """
        for look in range(20):
            before_each(look)
            self.settle()
            if holds():
                return True
            self.page.wait_for_timeout(100)
        return False

    def wait_for_link(self, part: str) -> None:
        """Wait until the address holds a part; it is written a while after a change."""
        self.page.wait_for_function("part => location.hash.includes(part)", arg=part)

    def reload(self) -> None:
        """Load the page again, as the browser's button does, once the address is up to date."""
        # It is written a quarter of a second after a change; timers come in order.
        self.frame.evaluate("() => new Promise((done) => setTimeout(done, 300))")
        self.page.reload()
        self.frame = _frame(self.page)
        wait_loaded(self)

    def press(self, *keys: str) -> None:
        """Press keys with the timeline in focus."""
        slider = self.frame.get_by_role("slider", name="Epoch")
        for key in keys:
            slider.press(key)
        self.settle()

    def seek(self, epoch: int) -> None:
        """Move the playhead with the keyboard."""
        self.press("Home")
        while self.epoch < epoch:
            self.press("ArrowRight")
        assert self.epoch == epoch

    def choose(self, name: str, value: str) -> None:
        """Choose from one of the toolbar's lists."""
        self.frame.get_by_label(name, exact=True).select_option(value)
        self.settle()

    def map(self, explainer: str, layer: str, sample: int, run: str) -> MapCell:
        """One map of the grid."""
        name = f"Enlarge {explainer} of {layer}, sample {sample}, run {run}"
        button = self.frame.get_by_role("button", name=name, exact=True)
        return MapCell(self, self.frame.locator("tfx-map-cell").filter(has=button))

    def items(self) -> list[int]:
        """The samples that the list on the left shows."""
        return [
            int(text) for text in self.frame.locator("tfx-samples .label .number").all_inner_texts()
        ]


class MapCell:
    """One map with its numbers."""

    def __init__(self, page: ExplainPage, cell: Locator) -> None:
        self._page = page
        self.cell = cell

    def draw(self) -> None:
        """Bring the map into sight, for only then it is drawn, and wait until it is.

        Maps above it push it on as they are drawn.
        """
        told = self.cell.locator(".score")
        self._page.until(
            lambda: bool(told.text_content()),
            lambda _: self.cell.scroll_into_view_if_needed(),
        )
        expect(told).not_to_be_empty()
        self._page.settle()

    def fact(self, name: str) -> str:
        """A number below the map, once it is drawn; its class names it."""
        self.draw()
        found = self.cell.locator(f".{name}")
        expect(found).not_to_be_empty()
        return found.inner_text()

    @property
    def flag(self) -> str:
        """What is written over the map."""
        self.draw()
        return self.cell.locator(".flag").text_content() or ""

    def colour(self, row: float, column: float, height: int, width: int) -> tuple[int, int, int]:
        """The drawn colour at the centre of one value."""
        # What a worker drew has to be copied before it can be read.
        script = """(canvas, [x, y]) => {
            const copy = document.createElement("canvas").getContext("2d");
            const [left, top] = [Math.floor(x * canvas.width), Math.floor(y * canvas.height)];
            copy.drawImage(canvas, -left, -top);
            return [...copy.getImageData(0, 0, 1, 1).data];
        }"""
        place = [(column + 0.5) / width, (row + 0.5) / height]
        red, green, blue, _ = self.cell.locator("canvas").evaluate(script, place)
        return red, green, blue

    @property
    def level(self) -> float:
        """Which share of the bar beside the map is filled, from its lower end."""
        bar = np.asarray(Image.open(io.BytesIO(self.cell.locator(".level").screenshot())))
        rows = bar[:, bar.shape[1] // 2, :3]
        # At fractions of a pixel the lowest row is mixed with what lies below.
        return float((rows == rows[-3]).all(axis=1).mean())

    def hover(self, row: int, column: int, height: int, width: int) -> str:
        """Point at one value and read what the page says about it.

        Before it is drawn, a map has another size.
        """
        self.draw()
        return point(
            self._page, self.cell.locator("canvas"), (column + 0.5) / width, (row + 0.5) / height
        )


def point(page: ExplainPage, drawn: Locator, x: float, y: float) -> str:
    """Point at a place in a drawing, by shares of its sides, and read what the page says.

    A busy browser may still be scrolling when the mouse moves, and lose the move: it is repeated
    until the page says something new, or nothing new for two seconds.
    """
    before = page.text("tfx-readout")

    def move(again: int) -> None:
        box = drawn.bounding_box()
        assert box
        left, top = box["x"] + x * box["width"], box["y"] + y * box["height"]
        page.page.mouse.move(left + again % 2, top)

    page.until(lambda: page.text("tfx-readout") not in ("", before), move)
    return page.text("tfx-readout")


def assert_first_maps_in_sight(page: ExplainPage, runs: list[str]) -> None:
    """Check that Grad-CAM of the first sample is in sight for each run, without scrolling."""
    grid = page.frame.locator("tfx-grid")
    room = grid.bounding_box()
    assert room
    for run in runs:
        name = re.compile(f"Enlarge GradCAM .* run {run}$")
        box = grid.locator("section").first.get_by_label(name).bounding_box()
        assert box
        assert box["y"] + box["height"] <= room["y"] + room["height"]
        assert box["x"] + box["width"] <= room["x"] + room["width"]


@contextmanager
def open_page(
    browser: Browser, address: str, place: str | None = "", **context: Any
) -> Iterator[ExplainPage]:
    """Open the tab at a place (`&p.tfexplain.KEY=VALUE...`), or at a whole address.

    A place that names no view is in the view of samples, not in the overview, which comes first;
    for None it is wherever the page opens.
    """
    if place is None:
        place = ""
    elif ".view=" not in place:
        place += "&p.tfexplain.view=samples"
    errors: list[str] = []
    requests: list[str] = []
    opened = browser.new_context(viewport={"width": 1440, "height": 1000}, **context)
    opened.set_default_timeout(15_000)
    page = opened.new_page()
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda message: _keep_error(message.type, message.text, errors))
    page.on("request", lambda request: _keep_request(request, requests))
    try:
        page.goto(address if "#" in address else f"{address}#tfexplain{place}")
        yield ExplainPage(page, _frame(page), errors, requests)
    finally:
        opened.close()


def _keep_error(kind: str, text: str, errors: list[str]) -> None:
    if kind == "error" and not any(known in text for known in _NOT_OURS):
        errors.append(text)


def _keep_request(request: Request, requests: list[str]) -> None:
    if "/plugin/tfexplain/" in request.url:
        requests.append(request.url)


def _frame(page: Page) -> Frame:
    """Our frame, once the page in it has drawn something to look at."""
    handle = page.wait_for_selector("iframe[src*='name=tfexplain']", timeout=60_000)
    assert handle
    frame = handle.content_frame()
    assert frame
    frame.wait_for_selector("tfx-empty, tfx-toolbar", timeout=60_000)
    return frame


def wait_loaded(page: ExplainPage, patience_s: float = 20) -> ExplainPage:
    """Wait for the first maps and their numbers.

    What was loaded may tell what else to load, so nothing is to be on its way for a while.
    """
    # Not `wait_for_function`, which takes the promise of an asynchronous function for its answer.
    is_loaded = page.frame.evaluate(
        """async (patience) => {
            const isBusy = (root) => [...root.querySelectorAll("*")].some(
                (part) => part.getAttribute("aria-busy") === "true"
                    || (part.shadowRoot && isBusy(part.shadowRoot)));
            const isStill = () => {
                const app = document.querySelector("tfx-app");
                if (!app?.dashboard) return false;
                const { store, scene, stage } = app.dashboard;
                // Scripts of parts that are shown first now are on their way too.
                return scene.steps.length > 0 && !store.busy && stage.isAtRest
                    && !isBusy(document);
            };
            const begin = performance.now();
            let since = begin;
            while (performance.now() - begin < patience) {
                await new Promise((done) => requestAnimationFrame(done));
                if (!isStill()) since = performance.now();
                else if (performance.now() - since > 200) return true;
            }
            return false;
        }""",
        1000 * patience_s,
    )
    assert is_loaded, f"the page was still loading after {patience_s} s"
    expect(page.frame.locator("[aria-busy=true]")).to_have_count(0)
    page.settle()
    return page
