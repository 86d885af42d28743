"""Settings that must stand before TensorFlow is imported."""

import gc
import os
import signal
import sys
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import settings
from support.cost import CostReport

ARTIFACTS = Path(__file__).parent / "artifacts"

# Sums over several threads come in any order; comparing bits needs a fixed one.
os.environ.setdefault("TF_NUM_INTRAOP_THREADS", "1")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
# On by default on some processors only; without it a CPU has no convolution with channels first.
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")

# `tf.keras` is Keras 3 or tf_keras for the whole process, as it is first asked for. Importing
# tensorflow_model_optimization makes that tf_keras, so ask before any test imports it.
import tensorflow as tf  # noqa: E402

tf.keras.version()

# No test measures time: an example that takes long on a busy machine is no failure.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")


def pytest_configure(config: pytest.Config) -> None:
    """Measure what tests cost; a part of the tests is another report than all of them."""
    config.pluginmanager.register(CostReport(ARTIFACTS / "cost.txt"), "cost")
    # Shells let what they start in the background ignore Ctrl-C, which some tests send: to
    # themselves, or to processes that inherit this.
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Seed both libraries, so that no test's weights depend on those that ran before it.

    Each has a generator of its own, which the other's `set_random_seed` does not reset.
    """
    for name in ("keras", "tf_keras"):
        if name in sys.modules:
            sys.modules[name].utils.set_random_seed(0)


@pytest.fixture(autouse=True, scope="module")
def young_heap() -> None:
    """Hides the objects of imports and of earlier files from the garbage collector.

    Keras collects garbage whenever it quantizes a model, which takes half a second where half a
    million objects are alive.
    """
    gc.collect()
    gc.freeze()


# Few tests and 20 to 60 s of CPU each, by tests/artifacts/cost.txt.
LONG = {
    "test_applications.py",
    "test_every_explainer.py",
    "test_every_model.py",
    "test_fixed_rows.py",
    "test_hub.py",
    "test_training_unchanged.py",
}


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Where several files run at a time, begin with those that wait, then with the longest.

    A long file that begins last runs alone to the end; one that waits leaves the cores to others.
    `--no-loadscope-reorder` makes pytest-xdist keep this order.
    """
    if hasattr(config, "workerinput"):
        tests = Counter(item.path for item in items)
        waits = {item.path for item in items if item.get_closest_marker("process")}

        def order(item: pytest.Item) -> tuple[bool, bool, int, str]:
            path = item.path
            return (path not in waits, path.name not in LONG, -tests[path], str(path))

        items.sort(key=order)
