"""Settings that must stand before TensorFlow is imported."""

import os

from hypothesis import settings

# Sums over several threads come in any order; comparing bits needs a fixed one.
os.environ.setdefault("TF_NUM_INTRAOP_THREADS", "1")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
# On by default on some processors only; without it a CPU has no convolution with channels first.
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")

# No test measures time: an example that takes long on a busy machine is no failure.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")
