"""Defines `prune`, which prunes a model that is trained, and what it shares with the callback."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from tfexplain.checks import check_choice
from tfexplain.compression.buffers import Variable
from tfexplain.errors import SettingError
from tfexplain.pruning.choice import Choice, choose
from tfexplain.pruning.masking import Masking
from tfexplain.pruning.masks import Mask
from tfexplain.pruning.plan import Sparsity, read_parts, read_sparsity
from tfexplain.pruning.shifts import shifts
from tfexplain.pruning.structures import Kind, Structure
from tfexplain.types import Model

Scope = Literal["layer", "global"]


@dataclass(frozen=True)
class Selection:
    """Describes what is pruned, and how far.

    Attributes:
        sparsity: Of all kernels, or by layer.
        structure: What goes together.
        scope: `layer`: each kernel has the sparsity. `global`: all have it together, by one
            threshold.
        layers: Names, paths or kinds of layers; None for all.
    """

    sparsity: float | Mapping[str, float]
    structure: Structure
    scope: Scope
    layers: tuple[str, ...] | None

    def choice(self, model: Model) -> Choice:
        """Chooses the kernels of a model; raises as `choose` does."""
        return choose(model, self.sparsity, self.structure, self.layers)

    def shifts(self, model: Model, choice: Choice) -> dict[str, list[Variable]]:
        """Finds what goes with the filters of a choice, by the kernel's name."""
        if self.structure.kind != "filters":
            return {}
        return shifts(model, [kernel for kernel, _ in choice.kernels])

    @property
    def text(self) -> str:
        """The choice in words."""
        if isinstance(self.sparsity, Mapping):
            shares = self.sparsity.values()
            much = f"{min(shares):.1%} to {max(shares):.1%}, by layer"
        else:
            of = "of all weights together" if self.scope == "global" else "of each kernel"
            much = f"{self.sparsity:.1%} {of}"
        return f"{much}; {self.structure.text}"


def selection(
    sparsity: Sparsity | None,
    structure: Kind,
    pattern: tuple[int, int],
    block: tuple[int, int],
    scope: Scope,
    layers: str | Sequence[str] | None,
) -> Selection:
    """Returns what these arguments of `prune` select.

    Raises:
        SettingError: they are wrong in themselves, or contradict each other.
    """
    together = Structure(structure, pattern, block)
    check_choice("scope", scope, ("layer", "global"))
    share: float | Mapping[str, float]
    if structure == "n:m":
        share = 1 - together.pattern[0] / together.pattern[1]
        if sparsity is not None:
            raise SettingError(
                f"sparsity={sparsity!r}: expected none, for {pattern[0]}:{pattern[1]} is "
                f"{share:.1%}. Leave it out; layers= says which have the pattern."
            )
    elif sparsity is None:
        raise SettingError(
            "sparsity=None: expected a share from 0 to below 1, or a mapping of layers to shares. "
            "Half is 0.5."
        )
    else:
        share = read_sparsity(sparsity)
    if scope == "global" and (structure == "n:m" or isinstance(share, Mapping)):
        given = "n:m" if structure == "n:m" else "a sparsity by layer"
        raise SettingError(
            f"scope='global': expected one sparsity for all kernels; got {given}, which says what "
            "each kernel has. Use scope='layer'."
        )
    return Selection(share, together, scope, _names(layers))


def prune(
    model: Model,
    sparsity: Sparsity | None = None,
    *,
    structure: Kind = "unstructured",
    pattern: tuple[int, int] = (2, 4),
    block: tuple[int, int] = (4, 4),
    scope: Scope = "layer",
    layers: str | Sequence[str] | None = None,
) -> dict[str, Mask]:
    """Prunes a model by magnitude, in place: the smallest weights of its kernels become zeros.

    For what `MagnitudePruning` does while a model trains, in one go and after training.

    Args:
        model: A built model of Keras 3 or tf_keras.
        sparsity: Share of the weights that go, from 0 to below 1; or by layer, as a mapping of
            paths or the JSON file of a plan, all structures of which are applied: layers that are
            not in it stay as they are. None for n:m.
        structure: `"unstructured"`: each weight by itself. `"filters"`: all weights of an output,
            with its bias, and its offset and moving mean in a batch normalization that reads the
            layer's output: what the filter gives is zero. `"n:m"`: of `m` neighbours on the input
            axis `n` stay. `"blocks"`: blocks of inputs x outputs, at each position of a
            convolution.
        pattern: (n, m) of n:m.
        block: (inputs, outputs) of a block.
        scope: `"layer"`: each kernel has the sparsity. `"global"`: one threshold for all, so that
            those with small weights lose more.
        layers: Names or paths of layers, or kinds such as `"Conv2D"`. Default all that are trained
            and can have the structure; of filters, not those that compute the model's outputs.

    Returns:
        The masks, bool of the kernels' shapes, by the names that `Compression` gives them.

    Raises:
        TfexplainError: settings that are wrong, a layer that is not there, or that cannot have
            them. Nothing is pruned then.

    References:
        Han et al. 2015, https://arxiv.org/abs/1506.02626

    >>> import keras
    >>> model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(2, name="head")])
    >>> masks = prune(model, 0.75)
    >>> int(masks["head"].sum()), int((model.get_weights()[0] != 0).sum())
    (2, 2)
    """
    given = {"sparsity": sparsity, "structure": structure, "pattern": pattern, "layers": layers}
    parts = read_parts(sparsity) if structure == "unstructured" else []
    every = []
    for part in parts or [given]:
        settings = {"sparsity": None, "pattern": pattern, "layers": layers, **part}
        chosen = selection(**settings, block=block, scope=scope)
        choice = chosen.choice(model)
        beside = chosen.shifts(model, choice)
        together = chosen.scope == "global"
        every.append(Masking(choice.kernels, chosen.structure, together, shifts=beside))
    for masking in every:
        masking.choose(lambda final: final)
    return {name: mask for masking in every for name, mask in masking.masks().items()}


def _names(layers: object) -> tuple[str, ...] | None:
    if layers is None:
        return None
    names = (layers,) if isinstance(layers, str) else layers
    if isinstance(names, (list, tuple)) and names and all(isinstance(n, str) and n for n in names):
        return tuple(names)
    raise SettingError(
        f"layers={layers!r}: expected names, paths or kinds of layers, such as 'conv1' or 'Conv2D'."
    )
