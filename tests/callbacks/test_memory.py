"""Memory: none is gathered over many epochs, and none is kept once a training is over."""

from __future__ import annotations

import contextlib
import gc
import json
import weakref
from pathlib import Path
from typing import Any

import keras
import pytest
import tf_keras
from support.forks import run_script
from support.models import digits, small_cnn
from support.read import read_run

from tfexplain import Compression, Explain, GradCAM, IntegratedGradients
from tfexplain.errors import ExplainWarning

pytestmark = pytest.mark.process

X, Y = digits(16)
# Epochs between the two counts.
MORE = 75

# What is counted: Python's own blocks of memory, objects that are collected by type, and the bytes
# in use of all else, NumPy's and TensorFlow's, as glibc counts them over all threads. Resident
# memory would tell of its unused remains too. 75 kept batches of these images are 4.9 MB, 75
# maps of Grad-CAM 2.1 MB.
SCRIPT = """
import collections, ctypes, gc, json, sys
import keras, numpy as np, tensorflow as tf
from tfexplain import Compression, Explain, FeatureMaps, GradCAM, IntegratedGradients

class Info(ctypes.Structure):
    names = "arena ordblks smblks hblks hblkhd usmblks fsmblks uordblks fordblks keepcost"
    _fields_ = [(name, ctypes.c_size_t) for name in names.split()]

glibc = ctypes.CDLL("libc.so.6")
glibc.mallinfo2.restype = Info

class Watch(keras.callbacks.Callback):
    def on_epoch_end(self, epoch, logs=None):
        if epoch in (25, 100):
            gc.collect()
            info = glibc.mallinfo2()
            blocks = sys.getallocatedblocks()
            types = collections.Counter(type(one).__name__ for one in gc.get_objects())
            print(json.dumps([blocks, info.uordblks + info.hblkhd, types]), flush=True)

x = np.random.default_rng(0).random((8, 32, 32, 2)).astype("float32")
y = np.arange(8) % 3
layers = [keras.Input((32, 32, 2)), keras.layers.Conv2D(4, 3, activation="relu", name="conv"),
    keras.layers.GlobalAveragePooling2D(), keras.layers.Dense(3, activation="softmax")]
model = keras.Sequential(layers)
model.compile("adam", "sparse_categorical_crossentropy")
explainers = [FeatureMaps(max_channels=2), GradCAM(), IntegratedGradients(steps=2)]
settings = {"log_dir": sys.argv[1], "on_error": "raise", "verbose": False}
number = {"targets": lambda out: out[:, 0] ** 2, "budget": 1.0}
explain = Explain((x, y), explainers=explainers, **number, **settings)
compression = Compression((x, y), **settings)
model.fit(x, y, epochs=101, verbose=0, callbacks=[explain, compression, Watch()])
"""


def test_no_memory_is_gathered_over_a_hundred_epochs(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(SCRIPT)
    done = run_script(script, tmp_path, folder=tmp_path)
    assert done.returncode == 0, done.stderr
    (blocks, memory, types), (later, more, kinds) = map(json.loads, done.stdout.splitlines())
    assert len(read_run(tmp_path).values["map/GradCAM/conv/7"]) == 101
    # The lists of steps and the history of `fit` grow by a few numbers an epoch; one record, one
    # kept map or one tensor an epoch has blocks and objects by the dozen.
    assert later - blocks < MORE * 20
    grown = {kind: kinds[kind] - types.get(kind, 0) for kind in kinds}
    assert {kind: count for kind, count in grown.items() if count >= MORE / 2} == {}
    assert more - memory < MORE * 13e3


def callbacks(log_dir: Path) -> list[Any]:
    settings = {"log_dir": log_dir, "on_error": "raise", "verbose": False}
    return [
        Explain((X, Y), explainers=[GradCAM(), IntegratedGradients(steps=2)], **settings),
        Compression(validation_data=(X, Y), **settings),
    ]


def test_callbacks_keep_no_model_and_go_on_with_another(tmp_path: Path) -> None:
    kept = callbacks(tmp_path)
    for number, library in enumerate((keras, tf_keras, keras)):
        model = small_cnn(library)
        with pytest.warns(ExplainWarning) if number else contextlib.nullcontext():
            model.fit(X, Y, epochs=2, verbose=0, callbacks=kept)
        assert all(callback.model is model for callback in kept)
        alive = weakref.ref(model)
        del model
        gc.collect()
        assert alive() is None, library.__name__
        assert [callback.model for callback in kept] == [None, None]
    for run in (tmp_path, tmp_path / "training-2", tmp_path / "training-3"):
        assert sorted(read_run(run).values["map/GradCAM/conv/0"]) == [0, 1]
        assert sorted(read_run(run, "compression").values["kernels"]) == [0, 1]


def test_an_interrupted_training_keeps_no_model_either(tmp_path: Path) -> None:
    class Stop(keras.callbacks.Callback):  # type: ignore[misc]
        def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
            if epoch == 1:
                raise KeyboardInterrupt

    kept, model = callbacks(tmp_path), small_cnn()
    with contextlib.suppress(KeyboardInterrupt):
        model.fit(X, Y, epochs=2, verbose=0, callbacks=[*kept, Stop()])
    alive = weakref.ref(model)
    del model
    gc.collect()
    assert alive() is None
