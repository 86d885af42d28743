"""Defines `Explain`, the callback that explains validation samples at the end of epochs."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, MutableMapping, Sequence
from typing import Any, Literal

from tfexplain.callbacks.alarm import Alarm, OnAlarm
from tfexplain.callbacks.base import LoggingCallback
from tfexplain.callbacks.drift_reference import Reference, Wanted
from tfexplain.callbacks.explain_run import ExplainRun
from tfexplain.callbacks.fit_frame import rows_of_an_epoch
from tfexplain.callbacks.guard import OnError
from tfexplain.callbacks.parts import part_of, taught
from tfexplain.callbacks.region_run import LoggedMasks
from tfexplain.callbacks.schedule import Schedule, Scheduler
from tfexplain.callbacks.shared_rows import read_for_health
from tfexplain.callbacks.start_maps import StartMaps
from tfexplain.callbacks.work import Work
from tfexplain.checks import check_choice, is_whole
from tfexplain.errors import TfexplainError
from tfexplain.exchange import Exchange
from tfexplain.explainers import Explainer
from tfexplain.model.targets import Targets
from tfexplain.runlog.log_findings import of_run
from tfexplain.runlog.region_choice import RegionChoice
from tfexplain.runlog.settings import ClassNames, ExplainSettings, named_classes
from tfexplain.trust import Metric
from tfexplain.usage import SpRAy


class Explain(LoggingCallback):
    """Explains a few fixed validation samples at the end of epochs and logs the attributions.

    Nothing is opened before training begins. Settings, data and log directory are checked before
    the first batch; every default that was chosen is printed once. Training is left as it was:
    it ends with the same weights, to the bit.

    Args:
        validation_data: Validation data: (x, y) arrays, x alone, a `tf.data.Dataset`, or a Keras
            `PyDataset` or `Sequence`. A list `[x, y]` is the same as a tuple, unless the model has
            as many inputs. Up to 20,000 rows (4 GiB) are looked at once.
        log_dir: Directory of the run; records are written below it in `explain`.
        explainers: Methods with their settings. The default is what fits the model, and is printed:
            `FeatureMaps(), GradCAM()` where a layer has positions, `AttentionRollout()` where
            attention leads to the output, `IntegratedGradients()` where there are gradients,
            `KernelSHAP()` for tables of up to 10 features, `Occlusion()` where nothing else works
            or some column, such as one of texts, has no gradient. `Exchange()` is added in up to
            five epochs where it takes at most 5% of the passes of training; named, it always is.
        every: Explain every so many epochs. The last epoch is always explained. By default every
            epoch, but for methods that were chosen by default and are expensive for the training
            (docs/defaults.md).
        every_steps: Explain every so many training steps as well, and at the end of each epoch: for
            trainings of one long epoch (docs/training.md).
        epochs: Explain these epochs and the last, instead: `epochs=(0, 5, 20)`. Epochs count from
            0, and on over several fits.
        budget: Share of training time that explanations may take, such as 0.05, in place of a
            number of epochs. Time is wall-clock time from the begin of the first epoch, validation
            and explaining included. Explaining is all that this callback does from then on, drift,
            overlays and writing included. The dry run before training, which compiles everything,
            does not count; its seconds are logged apart. The first epoch and the last are
            explained, and in between as many as the budget allows beside these, evenly spread and
            at least `every` apart. In many short fits, a last epoch is left out while the budget is
            exceeded by more than two explanations.
        samples: How many validation samples to explain, balanced over the classes. The choice
            depends on their content, so it is the same for data that is shuffled on each pass, and
            in every run.
        class_names: Names of the classes, for the page, one for each: a list, an array, a range,
            names by class index, or indices by name.
        feature_names: Names of a table's columns, or of a sequence's channels; for several inputs a
            list for each, by the input's name. Default their numbers.
        vocabulary: The words that the ids of a text input stand for: a list such as
            `TextVectorization.get_vocabulary()`, or words by id. `""` is padding. Default the
            vocabulary of the model's own layer that makes ids of texts, or of a Keras Hub task's
            tokenizer, else `#id`.
        decode: A function from one row of ids, int64 [T], to T words, in place of a vocabulary.
        targets: What is explained: `"label"` (default: the true class, where there are labels of
            classes; one of several labels, the same in every run), `"predicted"`, a class index, a
            function of the model's outputs that returns one number a sample, a hidden unit:
            `Unit("conv5", channel=3)`, or a number by its name: `"mask:3"`, `"label:2"`,
            `"next token"` (docs/targets.md). Of samples that are predicted wrongly, methods of the
            shared pass explain a second class as well: the predicted one, with `"predicted"` the
            true one (docs/defaults.md).
        reference: Maps of which drift is measured for the timeline: those of `"first"` (the first
            explained epoch; default), `"best"` (the epoch with the lowest val_loss, or loss where
            there is none; it moves while training improves), the number of an explained epoch, a
            model of the same architecture, or None for no drift. `"teacher"`: those of the
            `teacher` of the model in training, which may have other layers; with it go agreement
            and KL of predictions (docs/distillation.md).
        quality: Metrics of explanations that are measured of each map in up to five epochs, the
            first and the last among them, or in those of `epochs=`: `[Deletion()]`
            (docs/trust.md). How like maps are to those of the weights that training begins with is
            always measured; methods that draw are compared with themselves under another seed in
            the first epoch and the last.
        sanity: `"random"`: after training, maps are compared with those of the same model with
            weights re-drawn layer by layer from the output on (Adebayo et al. 2018), once, in up to
            12 explanations. Weights are put back to the bit, also after an error or Ctrl-C. For
            models that begin fine-tuned, whose start is no untrained network (docs/trust.md).
        regions: Where evidence should lie, or should not (`Avoid`): of each map is logged how much
            of it lies inside, and whether its strongest position does (docs/trust.md). A mask
            [*sides] of an input's positions, or one for each row of the validation data
            [N, *sides]; `Boxes` of pictures; `"border"`, `"middle"`, `"left edge"`,
            `"right edge"`, `"top edge"` or `"bottom edge"`; a function of (x, y), the explained
            rows and their labels as the data has them, that returns any of these; or several by
            their name: `{"lesion": masks, "ruler": Avoid("left edge")}`.
        color_range: (black, white) of the input images; default 0..1, -1..1, 0..255 or else least
            and greatest, whichever fits.
        write_images: Whether to write overlay grids for TensorBoard's own Images tab as well.
        importance: Of so many validation rows log what the model uses in general, in up to five of
            the explained epochs: the first, the last, and some between; with `epochs=` in all of
            these (docs/importance.md). Default None: not at all.
        clusters: Of so many validation rows, at least 500, log once after training which rows of a
            class are explained alike: the strategies the model has (docs/trust.md); `SpRAy(at=9)`
            logs it after that epoch. Needs scikit-learn. Default None: not at all.
        seed: Seed of the choice of samples.
        on_error: `"warn"`: a failure while explaining is reported once, counted and shown on the
            page, and training goes on. `"raise"` is for tests.
        on_alarm: `"warn"`: where evidence leaves its region, or that of all classes gathers at one
            small place from which labels can be read alone, while accuracy rises, a line is printed
            once (docs/findings.md). `"stop"`: and training ends with that epoch.
        verbose: 0: silent, but for alarms. 1 (default): what was chosen is printed once, before the
            first batch, and what explaining takes once, after the first explained epoch. 2: also
            one line for each explained epoch.
        part: Which part of a model of several models is explained, such as `"discriminator"`: a
            path of attributes and layers, `"gan/critic"`. Default the model that is trained; of one
            with models `student` and `teacher`, as `keras.distillation.Distiller`, the student.
        logs: Names of numbers that are put into the `logs` of every epoch, for the callbacks behind
            this one, NaN where an epoch was not explained: `"explain/GradCAM/similarity"`,
            `"exchange/left edge"` (docs/training.md).

    Raises:
        TfexplainError, OSError: before the first batch, where something that was named does not
            work, and for settings, data or a directory that cannot be used. What was chosen by
            default and does not work is left out with a warning.

    Example:
        >>> import keras, numpy as np, tempfile
        >>> model = keras.Sequential([keras.Input((8, 8, 1)), keras.layers.Conv2D(4, 3),
        ...     keras.layers.Flatten(), keras.layers.Dense(3, activation="softmax")])
        >>> model.compile("sgd", "sparse_categorical_crossentropy")
        >>> x, y = np.random.default_rng(0).random((12, 8, 8, 1)), np.arange(12) % 3
        >>> callback = Explain((x, y), log_dir=tempfile.mkdtemp(), verbose=False)
        >>> _ = model.fit(x, y, epochs=2, callbacks=[callback], verbose=0)
    """

    def __init__(
        self,
        validation_data: Any,
        *,
        log_dir: str | os.PathLike[str],
        explainers: Sequence[Explainer | Exchange] | Explainer | Exchange | None = None,
        every: int | None = None,
        every_steps: int | None = None,
        epochs: Sequence[int] | None = None,
        budget: float | None = None,
        samples: int = 8,
        class_names: ClassNames | None = None,
        feature_names: Sequence[str] | Mapping[str, Sequence[str]] | None = None,
        vocabulary: Sequence[str] | Mapping[int, str] | None = None,
        decode: Callable[[Any], Sequence[str]] | None = None,
        targets: Targets | str = "label",
        reference: Wanted = "first",
        quality: Sequence[Metric] = (),
        sanity: Literal["random"] | None = None,
        regions: RegionChoice = None,
        color_range: tuple[float, float] | None = None,
        write_images: bool = True,
        importance: int | None = None,
        clusters: SpRAy | int | None = None,
        seed: int = 0,
        on_error: OnError = "warn",
        on_alarm: OnAlarm = "warn",
        verbose: bool | int = 1,
        part: str | None = None,
        logs: Sequence[str] = (),
    ) -> None:
        if isinstance(explainers, Explainer | Exchange):
            explainers = [explainers]
        named, exchange = _told_apart(explainers)
        self._settings = ExplainSettings(
            validation_data=validation_data,
            explainers=named,
            samples=samples,
            class_names=named_classes(class_names),
            targets=targets,
            color_range=color_range,
            write_images=write_images,
            seed=seed,
            verbose=verbose,
            feature_names=() if feature_names is None else feature_names,
            vocabulary=vocabulary,
            decode=decode,
            exchange=exchange,
            quality=tuple(quality),
            sanity=sanity,
            regions=regions,
            importance=importance,
            clusters=_spray(clusters),
        )
        self._on_alarm: OnAlarm = on_alarm
        self._wanted, self._when = reference, Schedule(every, epochs, budget, every_steps)
        super().__init__(log_dir, "explain", on_error, "explaining", part, logs, every_steps)

    _passing = LoggingCallback._passing | {
        *("_reference", "_scheduler", "_start_maps", "_masks", "_alarm"),
    }

    def on_epoch_begin(self, epoch: int, logs: Mapping[str, Any] | None = None) -> None:
        """Starts the clock of training time at the first epoch."""
        # Only now is the progress bar of the epoch before done.
        self._tell_costs()
        begins = self._first_epoch
        super().on_epoch_begin(epoch, logs)
        if begins:
            epochs = (self.params or {}).get("epochs")
            last = None if epochs is None else epochs - 1 + self._offset
            self._scheduler.begin(last, self._clock.per_epoch if self._clock else 1)
        self._scheduler.epoch_begins()
        if isinstance(self._work, ExplainRun):
            self._work.epoch_begins()

    def on_epoch_end(self, epoch: int, logs: MutableMapping[str, Any] | None = None) -> None:
        """Logs the epoch, and charges the time to explaining."""
        with self._scheduler.charged(epochs=1):
            super().on_epoch_end(epoch, logs)
        if self._on_alarm == "stop":
            # All workers end at the same epoch.
            (stops,) = self._begun("on_epoch_end").of_chief([float(self._alarm.stops())])
            if stops:
                self.model.stop_training = True

    def _log_within(self, step: float, logs: Mapping[str, Any]) -> None:
        with self._scheduler.charged(epochs=1):
            super()._log_within(step, logs)

    def on_train_end(self, logs: Mapping[str, Any] | None = None) -> None:
        """Explains the last epoch if that is still to be done, and reports how the budget was
        spent."""
        if self._first_epoch:
            super().on_train_end(logs)
            return
        self._tell_costs()
        logged = self._work is not None
        directory = self._log_lock.directory if self._log_lock else ""
        # Of fits in a loop, of an epoch each, none reads the whole log again.
        several = isinstance(self._work, ExplainRun) and len(self._work.explained) > 1
        with self._scheduler.charged():
            super().on_train_end(logs)
        if logged and self._settings.verbose and self._scheduler.when.budget is not None:
            print(f"tfexplain: {self._scheduler.text}")
        if directory and several and self._settings.verbose:
            with self._guard.watch("findings", self._last_step):
                for finding in of_run(directory):
                    print(f"tfexplain: {finding}")

    def _tell_costs(self) -> None:
        """Prints what explaining took of the epoch that ended before this."""
        cost = self._scheduler.epoch_cost()
        if cost is not None and isinstance(self._work, ExplainRun):
            with self._guard.watch("costs", self._last_step):  # printed to what may not take them
                self._work.tell_costs(*cost)

    def _forget(self) -> None:
        super()._forget()
        self._reference, self._start_maps = Reference(self._wanted), StartMaps()
        self._masks = LoggedMasks()
        self._scheduler = Scheduler(self._when, self._reference.epoch)
        self._alarm = Alarm(self._on_alarm, self._guard)

    @property
    def _subject(self) -> Any:
        """The model in training or the part that is meant; of a student with its teacher the
        student."""
        student = self._part is None and taught(self.model)
        return part_of(self.model, "student" if student else self._part)

    @property
    def _validation_data(self) -> Any:
        return self._settings.validation_data

    def _check(self) -> None:
        check_choice("on_alarm", self._on_alarm, ("warn", "stop"))
        self._scheduler.when.check()
        self._settings.check()
        self._reference.check(self._scheduler.when)

    @property
    def _asked(self) -> bool:
        return self._settings.asked

    def _begin(self) -> Work:
        with self._scheduler.set_up(), read_for_health(self):
            rows = rows_of_an_epoch(self.params)
            epochs = (self.params or {}).get("epochs")
            return ExplainRun(
                *(self._settings, self._subject, self._guard, self._reference, self._scheduler),
                *(rows, epochs, self._clock, self._start_maps, self._masks),
                alarm=self._alarm,
                teacher=getattr(self.model, "teacher", None),
            )


def _spray(clusters: Any) -> Any:
    return SpRAy(rows=clusters) if is_whole(clusters) else clusters


def _told_apart(
    explainers: Sequence[Explainer | Exchange] | None,
) -> tuple[tuple[Explainer, ...] | None, Exchange | None]:
    """Returns the explainers of samples (None: those that fit), and the exchange of windows."""
    if explainers is None:
        return None, None
    exchanges = [e for e in explainers if isinstance(e, Exchange)]
    if len(exchanges) > 1:
        raise TfexplainError(
            f"explainers: expected at most one Exchange; got {len(exchanges)}. Leave all but one "
            "out."
        )
    others = tuple(e for e in explainers if not isinstance(e, Exchange))
    exchange = exchanges[0] if exchanges else None
    return (others if others or exchange is None else None), exchange
