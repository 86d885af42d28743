"""Settings that must stand before TensorFlow is imported."""

import os

# Sums over several threads come in any order; comparing bits needs a fixed one.
os.environ.setdefault("TF_NUM_INTRAOP_THREADS", "1")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
