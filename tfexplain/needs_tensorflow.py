"""Imported first by what computes with TensorFlow: says what to install where there is none.

It is no requirement of the package, because pip would put `tensorflow` over the `tensorflow-cpu`,
`-intel` or `-macos` that is there, and because a viewer of logs needs none.
"""

from importlib.util import find_spec

if find_spec("tensorflow") is None:
    raise ImportError(
        "tfexplain needs TensorFlow to explain or measure models; none is installed. Run "
        "`pip install tensorboard-plugin-tfexplain[tensorflow]`, or install the build for your "
        "machine (tensorflow-cpu, tensorflow-intel, tensorflow-macos), 2.16 or newer."
    )
