"""Defines `MagnitudePruning`, the callback that prunes a model while it trains."""

from __future__ import annotations

import warnings
import weakref
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar

import keras

from tfexplain.callbacks.copied_settings import CopiedSettings
from tfexplain.callbacks.distribution import Workers
from tfexplain.callbacks.guard import Guard
from tfexplain.callbacks.step_clock import iterations
from tfexplain.callbacks.weak_model import WeakModel
from tfexplain.checks import check_verbose, check_whole, is_whole
from tfexplain.errors import ExplainWarning, SettingError, TfexplainError
from tfexplain.model.keras_private import CALLBACK_MODEL, BatchHooks, steps_per_execution
from tfexplain.pruning.choice import Choice
from tfexplain.pruning.masking import Masking
from tfexplain.pruning.masks import Mask
from tfexplain.pruning.plan import Sparsity
from tfexplain.pruning.schedules import Kind as ScheduleKind
from tfexplain.pruning.schedules import Schedule
from tfexplain.pruning.selection import Scope, selection
from tfexplain.pruning.structures import Kind


class MagnitudePruning(WeakModel, CopiedSettings, BatchHooks, keras.callbacks.Callback):  # type: ignore[misc]
    """Prunes kernels while a model trains: sets the smallest weights to zero, more from step to
    step.

    For Keras 3 and tf_keras models, without wrappers: a mask is the constraint of its variable, so
    the optimizer applies it in each step, and no step sees a pruned weight; also with several steps
    at once, compiled by XLA, in mixed precision, on several replicas, in one process or several,
    and in moving averages. What was pruned stays so. After training constraints are again what they
    were. Saved models hold zeros and nothing else, those of the middle included; a training that
    goes on from a backup finds its masks in them. `Compression` reads the masks, wherever it stands
    in the list.

    Args:
        sparsity, structure, pattern, block, scope, layers: What goes in the end, as
            `tfexplain.prune` takes it; of a plan's file only single weights, for a callback has one
            structure.
        schedule: How sparsity rises from `begin` to `end`. `"polynomial"` (default): fast at first,
            as (1 - t)^3. `"cosine"`: slowly at both ends. `"constant"`: all of it from `begin` on.
            `"one shot"`: all of it at `begin` and nothing later, as n:m is always pruned.
        initial: Sparsity at `begin`, of the two that rise.
        begin: Training step (batches since the beginning of `fit`, of all epochs) at which the
            first masks are chosen.
        end: Step at which the sparsity is reached. Default two thirds of all, the rest is left to
            recover.
        every: Steps from one choice of masks to the next.
        part: Which part of a model of several models is pruned, such as `"student"`.
        verbose: 0: silent. 1 (default): what was chosen is printed once, before the first batch.

    Raises:
        TfexplainError: before the first batch, for settings that are wrong, a layer that is not
            there or cannot have them, a strategy that was never tried. Layers of a model that its
            first batch builds are looked at after it.

    References:
        Zhu and Gupta 2017, https://arxiv.org/abs/1710.01878

    Example:
        >>> import numpy as np
        >>> model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(2, name="head")])
        >>> model.compile("sgd", "mse")
        >>> pruning = MagnitudePruning(0.75, every=1, verbose=0)
        >>> x = np.ones((96, 4))
        >>> _ = model.fit(x, x[:, :2], callbacks=[pruning], verbose=0)
        >>> int((model.get_weights()[0] != 0).sum())
        2
    """

    params: Any
    _passing: ClassVar[frozenset[str]] = frozenset(
        {"params", CALLBACK_MODEL, "_trained", "_guard", "_masking", "_masks", "_pruned"}
        | {"_schedule", "_chosen", "_epoch", "_steps", "_made", "_resumed"}
    )

    def __init__(
        self,
        sparsity: Sparsity | None = None,
        *,
        structure: Kind = "unstructured",
        pattern: tuple[int, int] = (2, 4),
        block: tuple[int, int] = (4, 4),
        scope: Scope = "layer",
        schedule: ScheduleKind | None = None,
        initial: float = 0.0,
        begin: int = 0,
        end: int | None = None,
        every: int = 100,
        layers: str | Sequence[str] | None = None,
        part: str | None = None,
        verbose: bool | int = 1,
    ) -> None:
        self._selection = selection(sparsity, structure, pattern, block, scope, layers)
        check_verbose(verbose)
        check_whole("end", end, 0, optional=True)
        if structure == "n:m" and schedule not in (None, "constant", "one shot"):
            raise SettingError(
                f"schedule={schedule!r}: expected none beside structure='n:m', which is pruned at "
                "begin= and stays. Leave it out."
            )
        kind = schedule or ("one shot" if structure == "n:m" else "polynomial")
        # Wrong settings are told where they are written.
        latest = max(begin, 0) if end is None and is_whole(begin) else end
        self._planned = Schedule(kind, begin, 0 if latest is None else latest, every, initial)
        self._end, self._part, self._verbose = end, part, verbose
        self._check_initial()
        self._renew()

    def _check_initial(self) -> None:
        shares = self._selection.sparsity
        least = min(shares.values()) if isinstance(shares, Mapping) else shares
        if self._planned.initial > least:
            raise SettingError(
                f"initial={self._planned.initial}: expected at most the sparsity of the end, which "
                f"is {least:g}: what is pruned stays so. Leave it out."
            )

    def _renew(self) -> None:
        self._trained = None
        super().__init__()
        self._guard = Guard("warn")
        self._schedule = self._planned
        self._masking: Masking | None = None
        self._masks: dict[str, Mask] = {}
        self._pruned: weakref.ref[Any] | None = None  # the model of the last `fit`
        self._chosen: int | None = None  # the step that the masks are of
        # Steps of an epoch, and, where it has no known number, steps made.
        self._epoch, self._steps, self._made = -1, 0, 0
        self._resumed = False

    @property
    def _validation_data(self) -> Any:
        return None

    @property
    def _reads_train_batches(self) -> bool:
        return True

    @property
    def masks(self) -> dict[str, Mask]:
        """The masks of now, or of the last training: bool of the kernels' shapes, False where
        pruned, by the names that `Compression` gives them."""
        return self._masking.masks() if self._masking is not None else dict(self._masks)

    def on_train_begin(self, logs: Mapping[str, Any] | None = None) -> None:
        """Puts masks on the kernels; on those of a model that its first batch builds, after it.

        Raises:
            TfexplainError: see the class.
        """
        model = self.model
        if model is None:
            raise TfexplainError(
                "MagnitudePruning.on_train_begin: expected a model. Pass the callback to fit, or "
                "call set_model(model) first."
            )
        if self._pruned is None or self._pruned() is not model:
            self._masks = {}
        self._masking, self._chosen, self._epoch = None, None, -1
        with Workers(model).agreeing():
            Workers(model).check()
            self._schedule = self._in_steps(model)
        if self._subject.built:
            self._put_masks_on()

    def _put_masks_on(self) -> None:
        """Chooses the kernels, and puts masks of ones on them."""
        model = self.model
        trained = weakref.ref(model)
        with Workers(model).agreeing():
            choice = self._selection.choice(self._subject)
            self._masking = Masking(
                choice.kernels,
                self._selection.structure,
                self._selection.scope == "global",
                lambda: _optimizers(trained()),
                getattr(model, "distribute_strategy", None),
                self._masks,
                self._selection.shifts(self._subject, choice),
            )
        self._pruned = trained
        self._masking.put_on()
        _trace_anew(model)
        if self._verbose:
            self._tell(choice)

    def _in_steps(self, model: Any) -> Schedule:
        """Returns the schedule in steps of this `fit`; warns where it ends before it is done."""
        params = self.params or {}
        steps, epochs = params.get("steps"), params.get("epochs")
        self._steps = steps if is_whole(steps) else 0
        total = steps * epochs if is_whole(steps) and is_whole(epochs) else None
        plan, at_once = self._planned, self._planned.kind in ("constant", "one shot")
        if self._end is None and not at_once:
            if total is None:
                raise SettingError(
                    "end=None: expected a training that tells how many steps an epoch has; got "
                    f"steps={steps!r}. Pass end=, or steps_per_epoch= to fit."
                )
            plan = replace(plan, end=max(total * 2 // 3, plan.begin))
        reached = plan.begin if at_once else plan.end
        # Masks are chosen where Keras calls: before so many steps at once.
        if total is not None and reached > total - steps_per_execution(model):
            warnings.warn(
                f"tfexplain: pruning: the sparsity is reached at step {reached:,}, and this "
                f"training has {total:,}: less is pruned. Pass a smaller end=, or train longer.",
                ExplainWarning,
                stacklevel=2,
            )
        return plan

    def on_epoch_begin(self, epoch: int, logs: Mapping[str, Any] | None = None) -> None:
        """Counts epochs; a training that goes on says only here where."""
        if self._epoch < 0:
            self._resumed = epoch > 0
            self._made = iterations(self.model) if self._resumed else 0
        self._epoch = epoch

    def on_train_batch_begin(self, batch: int, logs: Mapping[str, Any] | None = None) -> None:
        """Chooses masks anew, where that is due."""
        step = self._epoch * self._steps + batch if self._steps else self._made
        due = self._schedule.last_due(step)
        if self._masking is None or due is None or due == self._chosen:
            return
        first, self._chosen = self._chosen is None, due
        with self._guard.watch("pruning", self._epoch):
            if first and self._resumed and step > self._schedule.begin:
                self._masking.keep_zeros()
            self._masking.choose(lambda final: self._schedule.sparsity(due, final))

    def on_train_batch_end(self, batch: int, logs: Mapping[str, Any] | None = None) -> None:
        """Counts steps, where epochs have no known number of them; masks a model just built."""
        if self._masking is None:
            self._put_masks_on()
        if not self._steps:
            self._made += steps_per_execution(self.model)

    def on_train_end(self, logs: Mapping[str, Any] | None = None) -> None:
        """Takes the masks off, and says where weights are not what training left."""
        masking, self._masking = self._masking, None
        if masking is None:
            return
        with self._guard.watch("pruning", self._epoch):
            self._masks = masking.masks()
            if refilled := masking.refilled():
                self._guard.tell(
                    "pruning",
                    f"weights that were pruned are no zeros in {', '.join(refilled)}: they were "
                    "restored from before. Give EarlyStopping a start_from_epoch=, or prune once "
                    "more: tfexplain.pruning.prune(model, ...).",
                )
        masking.take_off()
        _trace_anew(self.model)

    def _tell(self, choice: Choice) -> None:
        schedule = self._schedule
        when = f"at step {schedule.begin:,}"
        if schedule.kind in ("polynomial", "cosine"):
            when = (
                f"{schedule.kind} from step {schedule.begin:,} to {schedule.end:,}, "
                f"masks chosen every {schedule.every:,}"
            )
        print(f"tfexplain: pruning {self._selection.text}")
        print(f"  kernels  {choice.text}")
        for name, why in choice.left_out.items():
            print(f"  not      {name}: {why}")
        print(f"  when     {when}")


def _optimizers(model: Any) -> Iterator[Any]:
    """Yields the optimizers of a model: its own, those it has as attributes, and those in them."""
    waiting = [value for value in vars(model).values() if hasattr(value, "apply_gradients")]
    waiting += [getattr(model, "optimizer", None)]
    seen: set[int] = set()
    while waiting:
        optimizer = waiting.pop()
        if optimizer is None or id(optimizer) in seen:
            continue
        seen.add(id(optimizer))
        yield optimizer
        waiting += [getattr(optimizer, "inner_optimizer", None)]
        waiting += list(getattr(optimizer, "optimizers", None) or ())


def _trace_anew(model: Any) -> None:
    """Has the step traced once more: what was traced before has other constraints."""
    model.train_function = None
    model.make_train_function(force=True)
