"""The graph of layers as a person uses it: choosing, folding, finding, reading it as a table."""

from __future__ import annotations

import re
from collections.abc import Iterator
from xml.etree import ElementTree

import pytest
from playwright.sync_api import Locator, expect
from support.health_log import EPOCHS, LAYERS, RUNS, write_health, write_maps_alone
from support.server import Server, serve

from e2e.axe import assert_nothing_serious
from e2e.conftest import OpenPage
from e2e.figures import SVG, export, texts
from e2e.page import ExplainPage

pytestmark = [pytest.mark.browser, pytest.mark.process]
GRAPH = "&p.tfexplain.panel=graph"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    log_dir = tmp_path_factory.mktemp("graph")
    for run in RUNS:
        write_health(log_dir / run / "health", vanishing=run == "vanishing", structure=True)
    write_maps_alone(log_dir / "maps" / "explain")
    with serve(log_dir, "--host", "127.0.0.1") as server:
        server.wait_for(
            lambda runs: (
                len(runs) == len(RUNS) + 1
                and all(
                    {EPOCHS - 1, 0} == {group["last_step"] for group in run["groups"]}
                    for run in runs.values()
                )
            )
        )
        yield server


def nodes(page: ExplainPage) -> list[str]:
    """What the boxes are called, in their order."""
    return page.frame.locator("tfx-layer-graph .node .path").all_inner_texts()


def node(page: ExplainPage, label: str) -> Locator:
    name = page.frame.locator(".path").get_by_text(label, exact=True)
    return page.frame.locator("tfx-layer-graph .node").filter(has=name)


def colour(page: ExplainPage, label: str) -> str:
    bar = node(page, label).locator(".colour")
    return str(bar.evaluate("bar => getComputedStyle(bar).backgroundImage"))


def test_what_is_chosen_in_the_graph_is_chosen_everywhere(
    open_tab: OpenPage, server: Server
) -> None:
    with open_tab(server, GRAPH) as page:
        assert nodes(page) == ["image", "stem", "dense1", "dense2", "dense3", "relu", "head"]
        node(page, "dense2").click()
        expect(page.frame.locator("tfx-kernel h2")).to_have_text("body/dense2")
        page.wait_for_link("p.tfexplain.layer=body")
        page.frame.get_by_role("tab", name="Layers").click()
        row = page.frame.locator("tfx-layer-strip li button[aria-pressed=true]")
        expect(row).to_have_attribute("title", "body/dense2")
        page.frame.locator('tfx-layer-strip li button[title="head"]').click()
        page.frame.get_by_role("tab", name="Graph").click()
        expect(page.frame.locator(".node[aria-pressed=true] .path")).to_have_text("head")
        # No table has a row of it.
        expect(node(page, "image")).to_have_attribute("aria-disabled", "true")


def test_groups_are_folded_and_opened_and_show_each_layer_inside(
    open_tab: OpenPage, server: Server
) -> None:
    with open_tab(server, GRAPH + "&p.tfexplain.layer=body%2Fdense1") as page:
        page.frame.get_by_role("button", name="− body").click()
        page.settle()
        assert nodes(page) == ["image", "stem", "+ body", "relu", "head"]
        folded = node(page, "+ body")
        expect(folded).to_have_class("node folded holds")
        expect(folded).to_contain_text("3 layers")
        assert colour(page, "+ body").count("rgb") == 2 * 3
        expect(folded).to_be_focused()
        folded.press("ArrowDown")
        expect(node(page, "relu")).to_be_focused()
        folded.press("Enter")
        page.settle()
        assert "dense3" in nodes(page)
        expect(node(page, "dense1")).to_have_attribute("aria-pressed", "true")


def test_boxes_have_the_numbers_of_the_run_at_the_playhead(
    open_tab: OpenPage, server: Server
) -> None:
    with open_tab(server, GRAPH) as page:
        assert node(page, "dense1").locator(".value").inner_text() == "1.00"
        page.frame.get_by_label("Run of the graph").select_option(label="vanishing")
        expect(node(page, "dense1").locator(".value")).to_have_text("1.00e−6")
        least, most = colour(page, "dense1"), colour(page, "head")
        assert least != most
        page.seek(0)
        expect(node(page, "dense1").locator(".value")).to_have_text("5.00e−7")
        # A frozen layer has no gradient.
        expect(node(page, "stem").locator(".colour")).to_have_class("colour unknown")
        page.frame.get_by_label("Metric", exact=True).select_option("activation_mean")
        expect(node(page, "stem").locator(".value")).to_have_text("0.250")


def test_layers_are_found_by_name_and_read_as_a_table(open_tab: OpenPage, server: Server) -> None:
    with open_tab(server, GRAPH) as page:
        page.frame.get_by_label("Find layers by name").fill("DENSE")
        expect(page.frame.locator(".node.faint")).to_have_count(4)
        page.frame.get_by_role("button", name="− body").click()
        expect(node(page, "+ body")).to_contain_text("3 found")
        page.frame.get_by_role("button", name="As a table").click()
        rows = page.frame.locator("tfx-layer-graph tbody tr")
        expect(rows).to_have_count(3)
        expect(rows.first).to_contain_text("body/dense1")
        expect(rows.first.locator("td").last).to_have_text("stem")
        page.frame.get_by_label("Find layers by name").fill("")
        expect(rows).to_have_count(len(LAYERS) + 2)
        assert_nothing_serious(page)


def test_it_is_zoomed_and_moved(open_tab: OpenPage, server: Server) -> None:
    with open_tab(server, GRAPH) as page:
        assert_nothing_serious(page)
        box = node(page, "stem")
        before = box.bounding_box()
        page.frame.get_by_role("button", name="Larger").click()
        page.frame.get_by_role("button", name="Larger").click()
        page.settle()
        after = box.bounding_box()
        assert before
        assert after
        assert after["width"] > 1.4 * before["width"]
        scroll = page.frame.locator("tfx-layer-graph .scroll")
        place = scroll.bounding_box()
        assert place
        scroll.evaluate("scroll => scroll.scrollTo(0, 0)")
        mouse = page.page.mouse
        mouse.move(place["x"] + 20, place["y"] + 120)
        mouse.down()
        mouse.move(place["x"] + 20, place["y"] + 40, steps=4)
        mouse.up()
        assert page.until(lambda: scroll.evaluate("scroll => scroll.scrollTop") > 40)


def test_the_graph_is_exported_with_its_boxes_arrows_and_colours(
    open_tab: OpenPage, server: Server
) -> None:
    with open_tab(server, GRAPH, color_scheme="dark") as page:
        page.frame.get_by_label("Run of the graph").select_option(label="vanishing")
        page.frame.get_by_role("button", name="Fit").click()
        page.settle()
        sizes = node(page, "dense1").bounding_box()
        assert sizes
        name, svg = export(page, "SVG")
    assert name == f"tfexplain-model-epoch-{EPOCHS - 1}.svg"
    figure = ElementTree.fromstring(svg)
    told = texts(figure)
    assert {"image", "stem", "dense1", "head", "8", "1.00e−6"} <= set(told)
    assert "Graph of the layers of run vanishing" in " ".join(told)
    paths = [path.attrib for path in figure.iter(f"{SVG}path")]
    lines = [path for path in paths if "Q" in path["d"] or path["d"].count("L") == 1]
    arrows = [path for path in paths if path["d"].endswith("z") and path["d"].count("L") == 2]
    # One for each read, but of the nested model, which is where its last layer is.
    assert len(arrows) == 7
    assert len(lines) >= len(arrows)
    assert "linearGradient" in svg.decode()
    frames = [path["d"] for path in paths if f"h{sizes['width']:g}v" in path["d"]]
    assert len(frames) >= len(LAYERS) + 1


def test_a_log_of_maps_alone_opens_its_graph_coloured_by_how_they_moved(
    open_tab: OpenPage, server: Server
) -> None:
    with open_tab(server, "&p.tfexplain.view=model&p.tfexplain.runs=maps%2Fexplain") as page:
        expect(page.frame.get_by_role("tab", name="Graph")).to_have_attribute(
            "aria-selected", "true"
        )
        expect(page.frame.get_by_label("Metric", exact=True)).to_have_value("map_similarity")
        page.seek(2)
        expect(node(page, "dense3").locator(".value")).to_have_text("0.800")
        # Maps at the input are those of the model's only one.
        expect(node(page, "image").locator(".value")).to_have_text("0.900")
        node(page, "relu").click()
        expect(page.frame.locator("tfx-kernel h2")).to_have_text("relu")
        facts = page.frame.locator("tfx-kernel .facts")
        expect(facts.locator("[data-fact=reads]")).to_have_text("body, stem")
        expect(page.frame.locator("tfx-spread")).to_have_count(0)


def test_details_say_what_the_model_was_trained_with(open_tab: OpenPage, server: Server) -> None:
    place = GRAPH + "&p.tfexplain.runs=healthy%2Fhealth&p.tfexplain.layer=relu"
    with open_tab(server, place) as page:
        curve = page.frame.locator("tfx-kernel .line-figure")
        expect(curve).to_have_attribute("aria-label", "relu from -2 to 2")
        # Half of it lies on the axis, the other half rises to the corner.
        d = str(curve.locator(".curve").get_attribute("d"))
        heights = [float(y) for _, y in re.findall(r"[ML]([\d.]+) ([\d.]+)", d)]
        assert heights == [heights[0]] * 5 + sorted(heights[5:], reverse=True)
        # No number to judge by is drawn unasked.
        assert "learning_rate" not in page.text("tfx-timeline")
        page.frame.get_by_role("button", name="Details").click()
        details = page.frame.get_by_role("dialog", name="Details")
        for name, text in {
            "optimizer": "Adam",
            "beta 1": "0.9",
            "activation sigmoid": "3 layer calls",
            "learning rate over epochs": "0.100 in epoch 0, 0.00313 in epoch 5",
            "versions": "keras 3.0",
        }.items():
            row = details.get_by_role("row").filter(
                has=page.frame.get_by_role("rowheader", name=name, exact=True)
            )
            expect(row).to_contain_text(text)
        expect(details.locator("summary")).to_have_text("432 parameters in 6 layers")
        assert_nothing_serious(page)
