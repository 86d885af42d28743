"""A convolution's map over words: what the page says of words is what their positions hold."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers
from playwright.sync_api import expect
from support.kinds_log import EPOCHS, LENGTH, WORDS, sentences
from support.read import Run, read_run
from support.server import Server, serve

from e2e.conftest import OpenPage
from e2e.test_kinds import close, hover, place, steered, table, words_of
from e2e.test_maps import number
from tfexplain import Explain, GradCAM
from tfexplain.spreading import over_words

pytestmark = [pytest.mark.browser, pytest.mark.process]

TRIPLES, WHOLE = "map/GradCAM/triples", "map/GradCAM/whole"
LAST = EPOCHS - 1


def write(log_dir: Path, seed: int) -> None:
    x, y = sentences()
    keras.utils.set_random_seed(seed)
    inputs = keras.Input((LENGTH,), dtype="int32")
    vectors = layers.Embedding(len(WORDS), 8)(inputs)
    found = layers.Conv1D(8, 3, strides=2, activation="relu", name="triples")(vectors)
    read = layers.LSTM(6, return_sequences=True, name="whole")(found)
    both = [layers.GlobalAveragePooling1D()(found), layers.GlobalAveragePooling1D()(read)]
    model = keras.Model(inputs, layers.Dense(2)(layers.Concatenate()(both)))
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.Adam(0.02), loss)
    callback = Explain(
        (x, y),
        explainers=[GradCAM(["triples", "whole"])],
        log_dir=log_dir,
        samples=3,
        vocabulary=WORDS,
        verbose=False,
        on_error="raise",
    )
    model.fit(x, y, epochs=EPOCHS, verbose=0, callbacks=[callback])


@pytest.fixture(scope="module")
def log_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("words")
    for seed in (1, 2):
        write(folder / f"run{seed}", seed)
    return folder


@pytest.fixture(scope="module")
def server(log_dir: Path) -> Iterator[Server]:
    with serve(log_dir, "--host", "127.0.0.1") as server:
        server.wait_for(
            lambda runs: (
                len(runs) == 2
                and all(max(g["last_step"] for g in r["groups"]) == LAST for r in runs.values())
            )
        )
        yield server


def spread(run: Run, sample: int, epoch: int = LAST) -> Any:
    """By the logged positions: three words each, every second word."""
    values = run.record(f"{TRIPLES}/{sample}", epoch).values
    return over_words(values, words_of(run, sample), 2, (0, 1, 2))


def test_values_of_positions_are_told_of_words(
    open_tab: OpenPage, server: Server, log_dir: Path
) -> None:
    run = read_run(log_dir / "run1")
    words, values = words_of(run, 1), spread(run, 1)
    with open_tab(server, place("run1", "run2", group=TRIPLES, sample=1)) as page:
        told = steered(page, ["ArrowRight"])
        assert told.endswith(f"logit at “{words[0]}” (word 0)")
        assert number(told) == close(values[0])
        known = [i for i, word in enumerate(words) if word]
        assert len(known) < len(words)
        rows = table(page)
        assert [row[0] for row in rows] == [words[i] for i in known]
        assert [number(row[1]) for row in rows] == [close(values[i]) for i in known]
        told = hover(page, page.frame.locator("tfx-epochs-strip canvas"), 0.2, 0.04)
        assert number(told) == close(spread(run, 1, 0)[0])


def test_legend_caption_and_difference_are_of_words(
    open_tab: OpenPage, server: Server, log_dir: Path
) -> None:
    runs = [read_run(log_dir / f"run{seed}") for seed in (1, 2)]
    a, b = (spread(run, 0) for run in runs)
    most = max(np.abs(spread(run, 0, e)).max() for run in runs for e in range(EPOCHS))
    with open_tab(server, place("run1", "run2")) as page:
        cell = page.map("GradCAM", "triples", 0, "run2")
        assert number(cell.fact("scale")) == close(np.abs(b).max())
        legend = page.frame.locator("tfx-legend").first
        expect(legend.locator(".scope").first).to_contain_text("per word")
        assert number(legend.locator(".ends span").last.inner_text()) == close(most)
        difference = page.frame.locator("tfx-difference-cell").first
        difference.scroll_into_view_if_needed()
        expect(difference.locator(".largest")).not_to_have_text("–")
        assert number(difference.locator(".largest").inner_text()) == close(np.abs(a - b).max())


def test_positions_that_read_the_whole_text_say_so(open_tab: OpenPage, server: Server) -> None:
    with open_tab(server, place("run1")) as page:
        notes = page.frame.locator("tfx-legend .scope", has_text="positions, not words")
        expect(notes.first).to_have_text("positions, not words: each position reads all words")
