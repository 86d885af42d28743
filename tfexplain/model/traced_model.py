"""The protocol of a model that explainers run: its layer calls, and functions compiled once.

`KerasModel` (`keras_model.py`) and `FunctionModel` (`function_model.py`) implement it;
`trace_model` makes the one that fits. What can be said from its attributes alone are functions of
`input_kinds.py`, `tokens.py`, `layer_choice.py` and `batching.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Mapping, Sequence
from typing import Any, Literal, Protocol

from tfexplain.model.attention_calls import Attending, AttentionCall
from tfexplain.model.gradient_calls import GradientCalls
from tfexplain.model.layer_calls import LayerCall
from tfexplain.model.outputs import ModelOutput, Score
from tfexplain.model.targets import ScoreFunction
from tfexplain.model.unit import UnitScore
from tfexplain.types import Layer, Tensor

# Reads an activation by its name; what it returns takes the activation's place.
Seen = Callable[[str, Tensor], "Tensor | None"]
TokensRead = Literal["first", "last", "positions", "all"]


class TracedModel(Protocol):
    """A model opened for passes on one structure of inputs.

    Attributes:
        input_names: In the order in which Keras flattens the inputs.
        specs: Shapes and types of the inputs, in their structure.
        rows: How many rows each chunk must have; None where that is free.
        memory: Bytes that were available when the model was opened; None where that is not known.
        layers: By path.
        layer_calls: In call order.
        casts: Where whole numbers of an input become floating-point ones.
        attention: The calls of attention layers.
        missed: Why other layers have no call, by path.
        gradient_calls: For each input where its gradient is taken.
        channel_axes: For each input the axis that the model takes for channels, as far as known.
        model_outputs: As Keras flattens them.
    """

    input_names: list[str]
    specs: Any
    rows: int | None
    memory: int | None
    layers: Mapping[str, Layer]
    layer_calls: tuple[LayerCall, ...]
    casts: tuple[LayerCall, ...]
    attention: Attending
    missed: Mapping[str, str]
    gradient_calls: tuple[GradientCalls, ...]
    channel_axes: Sequence[int | None]
    model_outputs: tuple[ModelOutput, ...]

    @property
    def model(self) -> Any:
        """The model; raises TfexplainError once it is gone."""

    def forward(
        self, inputs: Any, names: Collection[str] = (), seen: Seen | None = None
    ) -> tuple[Any, dict[str, Tensor]]:
        """Runs one forward pass inside a traced one: (outputs, activations at the named calls).

        `seen(name, activation)` is called for each; what it returns takes the activation's place,
        in its type and with the mask that Keras keeps on it. Names of attention weights and of
        casts are read as well.
        """

    def scores(
        self,
        inputs: Any,
        targets: Tensor | ScoreFunction | UnitScore,
        output: ModelOutput,
        score: Score,
        replaced: Mapping[str, Tensor] | None = None,
    ) -> tuple[Tensor, Tensor]:
        """Runs one forward pass inside a traced one: (scores float32 [N], targets int32 [N]).

        Args:
            inputs: In the structure the model takes.
            targets: As `resolved_targets` gives them; class indices as a tensor.
            output: The output that is explained.
            score: Logit or probability.
            replaced: Outputs of layer calls by their path, which take the place of those that the
                layers compute.
        """

    def run(
        self,
        key: Hashable,
        make: Callable[[], Callable[..., Any]],
        *arguments: Any,
        specs: tuple[Any, ...] | None = None,
        often: bool = False,
    ) -> Any:
        """Runs the function of a key, compiled once for these shapes; the model stays as it was.

        `make` gives the Python function; equal keys must give equal functions. `specs` are those
        of the arguments where some length varies from call to call. `often` says that it will run
        many times with these very shapes, so that a better compilation pays.
        """

    def spatial_call(
        self, name: str, *, argument: str = "layer", grid: Sequence[int] | None = None
    ) -> LayerCall:
        """Finds the call of a name, its tokens in rows of `grid` where that is given.

        Raises:
            LayerError: there is none, or its output has no positions.
        """

    def spatial_calls(
        self, *, argument: str = "layer", grid: Sequence[int] | None = None
    ) -> list[LayerCall]:
        """Lists the calls worth choosing from by default, at least one, in call order.

        Raises:
            LayerError: there is none.
        """

    def last_spatial_call(
        self, output: ModelOutput, targets: Any = None, *, grid: Sequence[int] | None = None
    ) -> LayerCall:
        """Chooses the last call that the explained number reads, with a gradient at its positions.

        It is no output, nor what only passes one on, and it belongs to what is explained. Where
        that reads the class token alone, nothing behind the last attention has a gradient.

        Args:
            output: The output that is explained.
            targets: As `resolved_targets` gives them; default classes of that output.
            grid: In which rows tokens lie.

        Raises:
            LayerError: there is none.
        """

    def stage_calls(
        self, output: ModelOutput, targets: Any = None, *, grid: Sequence[int] | None = None
    ) -> list[LayerCall]:
        """Chooses the last call of each stage up to that of `last_spatial_call`, which has the
        arguments; see `tfexplain.model.stages.stages`.

        Raises:
            LayerError: there is none.
        """

    def tokens_read(
        self, call: AttentionCall, extras: Sequence[int], output: ModelOutput
    ) -> TokensRead:
        """Tells which tokens that an attention call gives out are read by an output.

        See `tfexplain.model.nan_probe.tokens_read_by_output`.
        """
