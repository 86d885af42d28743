"""A small convolutional network written out in float64 numpy: the oracle for real Keras models.

conv 3x3 (same padding) -> ReLU -> global average -> dense: every number an explainer gives for it
can be had by hand, with no automatic differentiation.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

Array = Any


@dataclass(frozen=True)
class Twin:
    """kernel [3, 3, C, F], bias [F], weights [F, K], offsets [K]."""

    kernel: Array
    bias: Array
    weights: Array
    offsets: Array

    @classmethod
    def of(cls, conv: Any, dense: Any) -> Twin:
        """The twin of two trained Keras layers."""
        return cls(
            *(np.asarray(w, np.float64) for w in (*conv.get_weights(), *dense.get_weights()))
        )

    def before_relu(self, images: Array) -> Array:
        """[N, H, W, F]."""
        height, width = images.shape[1:3]
        padded = np.pad(np.asarray(images, np.float64), ((0, 0), (1, 1), (1, 1), (0, 0)))
        return self.bias + sum(
            padded[:, i : i + height, j : j + width] @ self.kernel[i, j]
            for i in range(3)
            for j in range(3)
        )

    def activation(self, images: Array) -> Array:
        """[N, H, W, F] after the ReLU."""
        return np.maximum(self.before_relu(images), 0)

    def logits(self, images: Array) -> Array:
        """[N, K]."""
        return self.activation(images).mean(axis=(1, 2)) @ self.weights + self.offsets

    def _toward(self, targets: Array, sign: Array) -> Array:
        """[N, F]: d score / d pooled feature."""
        return (self.weights[:, targets] * sign).T

    def cam(self, images: Array, targets: Array, sign: Array = 1.0) -> Array:
        """[N, H, W]: Grad-CAM, which here is CAM / (H W)."""
        activation = self.activation(images)
        positions = activation.shape[1] * activation.shape[2]
        cam = np.einsum("nhwf,nf->nhw", activation, self._toward(targets, sign)) / positions
        return np.maximum(cam, 0)

    def gradient(self, images: Array, targets: Array, sign: Array = 1.0) -> Array:
        """[N, H, W, C]: d score / d image."""
        height, width = images.shape[1:3]
        slopes = (self.before_relu(images) > 0) * self._toward(targets, sign)[:, None, None]
        padded = np.pad(slopes / (height * width), ((0, 0), (1, 1), (1, 1), (0, 0)))
        return sum(
            padded[:, 2 - i : 2 - i + height, 2 - j : 2 - j + width] @ self.kernel[i, j].T
            for i in range(3)
            for j in range(3)
        )

    def integrated_gradients(
        self, images: Array, targets: Array, steps: int, sign: Array = 1.0
    ) -> Array:
        """[N, H, W, C] from a baseline of zeros, with Gauss-Legendre nodes."""
        images = np.asarray(images, np.float64)
        positions, weights = np.polynomial.legendre.leggauss(steps)
        nodes = zip((positions + 1) / 2, weights / 2, strict=True)
        return images * sum(w * self.gradient(a * images, targets, sign) for a, w in nodes)


def gap_to(expected: Array, found: Array) -> float:
    """The greatest difference, as a share of the greatest expected magnitude."""
    return float(np.max(np.abs(found - expected)) / np.max(np.abs(expected)))
