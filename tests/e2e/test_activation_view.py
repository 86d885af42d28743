"""The view of activations of a quantized model: bars by layer, where most is lost, over epochs."""

from __future__ import annotations

from collections.abc import Iterator

import keras
import numpy as np
import pytest
from playwright.sync_api import Browser, expect
from support.models import digits, small_cnn
from support.server import Server, serve

from e2e.page import open_page, wait_loaded
from tfexplain import Compression
from tfexplain.compression import ActivationError, ActivationErrors
from tfexplain.runlog.activation_records import write_activations
from tfexplain.runlog.weights_epoch import Moment
from tfexplain.runlog.writer import RunWriter


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Kernels of a real training, and activations of known numbers beside them."""
    log_dir = tmp_path_factory.mktemp("activations-log")
    keras.utils.set_random_seed(0)
    x, y = digits(16)
    logging = Compression(log_dir=log_dir / "run", verbose=0)
    small_cnn().fit(x, y, epochs=2, verbose=0, callbacks=[logging])
    writer = RunWriter(str(log_dir / "run" / "compression"))
    writer.open()
    ends = (-1.0, 3.0)
    for epoch, loss in enumerate((0.0, 20.0)):
        layers = [
            ActivationError("conv", ends, ends, None, np.inf, None, None),
            ActivationError("relu", ends, (0.0, 2.0), (0.0, 2.0), 42.0 - loss, 0.125, None),
            ActivationError("head", ends, ends, None, 41.0 - loss, None, 44.5),
        ]
        errors = ActivationErrors(layers, ["flat"], 32)
        write_activations(errors, "the reference", Moment(epoch, epoch, weights=epoch), writer)
    writer.close()
    with serve(log_dir) as running:
        yield running


def test_bars_tell_where_most_is_lost(browser: Browser, server: Server) -> None:
    with open_page(browser, server.address) as page:
        wait_loaded(page)
        frame = page.frame
        frame.get_by_role("tab", name="Activations").click()
        view = frame.locator("tfx-activations")
        rows = view.locator("tbody tr")
        expect(rows).to_have_count(3)
        expect(view.locator(".when")).to_contain_text("32 rows, beside the reference; epoch 1")
        expect(rows.nth(0)).to_contain_text("no error")
        expect(rows.nth(1)).to_contain_text("22.0 dB")
        expect(rows.nth(1).locator(".lost.worst")).to_have_text("first error")
        expect(rows.nth(1)).to_contain_text("12.5%")
        expect(rows.nth(2)).to_contain_text("44.5 dB")
        expect(view.get_by_role("img", name="SQNR over epochs: 42.0 dB to 22.0 dB")).to_be_visible()
        expect(view).to_contain_text("run has no outputs of flat")
        rows.nth(2).get_by_role("button").click()
        expect(rows.nth(2)).to_have_class("chosen first")
        page.page.keyboard.press("ArrowLeft")
        expect(rows.nth(1)).to_contain_text("42.0 dB")
        frame.get_by_role("tab", name="Chosen layer").click()
        expect(frame.locator("tfx-kernel")).to_contain_text("head")
