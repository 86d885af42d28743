"""Plans explainers on one model and one batch, and makes the records of their results."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, Literal

from tfexplain import rendering
from tfexplain.attribution import Attribution
from tfexplain.errors import SettingError
from tfexplain.explainers import Explainer
from tfexplain.explainers.choosing import fitting
from tfexplain.explainers.concat import Explanation
from tfexplain.explainers.other_class import TrueClasses
from tfexplain.explainers.run import explain_all, named_explainers
from tfexplain.model.keras_model import KerasModel
from tfexplain.model.outputs import ModelOutput, choose_output, outputs_like
from tfexplain.model.paired_layers import PairedLayers, paired_layers
from tfexplain.model.presets import named, resolved_targets
from tfexplain.model.targets import measure
from tfexplain.model.tfmot_names import unwrapped
from tfexplain.model.traced_model import TracedModel
from tfexplain.model.unit import Unit
from tfexplain.quality.drift import Shown
from tfexplain.runlog.agreement import disagreement
from tfexplain.runlog.attribution_records import content_of, predictions, record_of
from tfexplain.runlog.batch import ValidationBatch, choose_batch
from tfexplain.runlog.channel_log import ChannelLog
from tfexplain.runlog.map_pooling import Cells, cells_of
from tfexplain.runlog.placement import place
from tfexplain.runlog.row_overlays import row_overlays, rows_of
from tfexplain.runlog.settings import ExplainSettings
from tfexplain.runlog.weights_epoch import Moment
from tfexplain.runlog.write_inputs import write_inputs
from tfexplain.runlog.writer import RunWriter
from tfexplain.wire import schema
from tfexplain.wire.records.kinds import TEACHER_LAYER

Found = Mapping[str, Explanation]


class ExplainPlan:
    """Holds one model, one batch, and the explainers by the names in their tags.

    Args:
        settings: The arguments of `Explain`.
        model: The built model.
        explainers: Explainers by name; default those of the settings, else what fits.
        beside: Another model's: its batch is explained, its outputs say how those of this model
            read where its own layers and loss do not, and layers are called as it calls them.

    Attributes:
        left_out: What was chosen by default and is not possible: the reason with the remedy, by
            what is left out. Whoever makes this says so once.

    Raises:
        TfexplainError: data, labels or targets that do not fit the model, or outputs of other sizes
            than those of `beside`.
    """

    def __init__(
        self,
        settings: ExplainSettings,
        model: Any,
        explainers: Mapping[str, Explainer] | None = None,
        beside: ExplainPlan | None = None,
    ) -> None:
        self.settings = settings
        self.left_out: dict[str, str] = {}
        self._channels = ChannelLog()
        self._pairs = PairedLayers()
        if beside is not None:
            self._pairs = paired_layers(model, beside.traced_model.model)
            explainers = {name: self.here(e) for name, e in (explainers or {}).items()}
            self.settings = settings = replace(settings, targets=self.here(settings.targets))
        planned = tuple((explainers or {}).values()) or settings.explainers or ()
        self.traced_model: TracedModel
        self.output: ModelOutput
        self.batch: ValidationBatch
        if beside is None:
            asked = [explainer.output for explainer in planned]
            self.traced_model, self.output, self.batch = choose_batch(settings, model, asked)
            self._check_names()
            self._tell()
        else:
            self.batch, first = beside.batch, beside.traced_model
            self.traced_model = KerasModel(model, self.batch.inputs, first.input_names)
            self.traced_model.model_outputs = outputs_like(
                self.traced_model.model_outputs, first.model_outputs
            )
            self.output = choose_output(
                self.traced_model.model_outputs, planned[0].output if planned else None
            )
        self.explainers = explainers or named_explainers(planned or fitting(self.traced_model))
        for name, explainer in self.explainers.items():
            for omitted, why in explainer.omits(self.traced_model).items():
                self.left_out[f"input {omitted!r} of {name}"] = why
        if settings.asks:
            targets, output = named(settings.targets, self.output)
            resolved_targets(self.traced_model, targets, output, len(self.batch.rows))

    def here(self, asked: Any) -> Any:
        """Returns an explainer, or a unit, with its layers called as they are here."""
        layer = vars(asked).get("layer") if isinstance(asked, (Explainer, Unit)) else None
        if layer is None:
            return asked
        if isinstance(layer, str):
            return replace(asked, layer=self._pairs.name_here(layer))
        return replace(asked, layer=tuple(self._pairs.name_here(name) for name in layer))

    def _check_names(self) -> None:
        names, classes = self.settings.class_names, self.output.targets
        if names and classes and not self.output.regression and len(names) != classes:
            raise SettingError(
                f"class_names: expected {classes} names, one for each class of output "
                f"{self.output.name!r}; got {len(names)}. Pass them in the order of the classes."
            )

    def _tell(self) -> None:
        """Notes what of the data is not used, and why."""
        batch = self.batch
        asked = self.settings.targets
        if batch.labels.why and isinstance(asked, str) and asked == "label":
            self.left_out["label"] = f"{batch.labels.why} The predicted class is explained."
        if batch.broken:
            self.left_out["rows of validation_data"] = (
                f"{batch.broken} of {batch.total} rows hold NaN or infinity. Clean the validation "
                "data."
            )

    def run(
        self, explainers: Mapping[str, Explainer] | None = None, batch_size: int | None = None
    ) -> dict[str, Explanation]:
        """Explains the batch with the weights as they are now.

        Args:
            explainers: Explainers by name; default all.
            batch_size: How many samples go through the shared pass at once; default all.
        """
        explainers = self.explainers if explainers is None else explainers
        outputs = {
            name: choose_output(self.traced_model.model_outputs, e.output)
            for name, e in explainers.items()
        }
        # One object for each output: explainers of the same targets share a backward pass.
        targets = {
            output: self.batch.targets(output, self.output, self.settings.targets)
            for output in dict.fromkeys(outputs.values())
        }
        wanted = [(e, targets[outputs[name]]) for name, e in explainers.items()]
        true = self._true_classes()
        results = explain_all(wanted, self.traced_model, self.batch.inputs, batch_size, true=true)
        return dict(zip(explainers, results, strict=True))

    @property
    def of_two_classes(self) -> list[str]:
        """Names of the explainers that explain a second class of samples that are wrong."""
        true = self._true_classes()
        if true is None or not true.exclusive:
            return []
        outputs = self.traced_model.model_outputs
        return [
            name
            for name, e in self.explainers.items()
            if e.in_shared_pass and choose_output(outputs, e.output) == true.output
        ]

    def _true_classes(self) -> TrueClasses | None:
        """Returns the labels, where they or predictions are explained and labels are classes."""
        labels = self.batch.labels
        known = labels.kind == "class" and labels.sets is None
        if self.settings.asks or not known:
            return None
        return TrueClasses(self.output, labels.targets)

    def disagreement(self, explanations: Found) -> str | None:
        """Returns why the logged predictions are not those of the model's own `predict_step`, if
        so."""
        outputs = next(iter(explanations.values())).outputs
        return disagreement(self.traced_model, self.batch.given, outputs)

    def named(self, layer: str) -> str:
        """Returns a layer's name in tags: without the wrappers of tfmot, and as the model beside
        calls it.

        So a model and its pruned copy stand side by side, and so do two trainings.
        """
        plain = unwrapped(layer)
        if plain != layer and any(call.path == plain for call in self.traced_model.layer_calls):
            return layer
        return self._pairs.name_there(plain)

    def layers(self, explanations: Found) -> dict[str, list[str]]:
        """Returns the layers of each explainer in the order of the model, as they are called in
        tags."""
        return {
            name: [schema.tag_name(self.named(layer)) for layer in explanation.attributions]
            for name, explanation in explanations.items()
        }

    def shown(self, explanations: Found) -> dict[tuple[str, str], Shown]:
        """Returns the maps of evidence by explainer and `named` layer, pooled as they are logged.

        Channels of a layer are not among them.
        """
        maps: dict[tuple[str, str], Shown] = {}
        for name, explanation in explanations.items():
            output = choose_output(self.traced_model.model_outputs, self.explainers[name].output)
            predicted = predictions(output, explanation.outputs).predicted
            for layer, attribution in explanation.attributions.items():
                if attribution.kind in ("map", "matrix"):
                    values = self.cells(attribution).pool(attribution.maps)
                    maps[name, self.named(layer)] = Shown(values, attribution.targets, predicted)
        return maps

    def write_constant(
        self,
        choices: Mapping[str, str],
        layers: Mapping[str, Sequence[str]],
        writer: RunWriter,
    ) -> None:
        """Writes what never changes: settings, layers by explainer, labels, inputs."""
        batch = self.batch
        names = self.settings.class_names
        labels = batch.labels
        samples = schema.Samples(
            *(labels.values, batch.rows, labels.kind, names, choices),
            hashes=batch.hashes,
            label_sets=labels.sets,
            layers=layers,
        )
        try:
            samples.encode()
        except schema.SchemaError as error:
            why = f"{len(names)} names, {error}. Classes are shown by number; pass shorter names."
            writer.tell("class_names", why)
            samples = replace(samples, class_names=())
        writer.add_constant(schema.Tag("samples"), samples, schema.Content("samples"))
        write_inputs(batch.pictures, batch.volumes, batch.values, writer)

    def write(
        self,
        explanations: Found,
        now: Moment,
        explained: Sequence[float],
        writer: RunWriter,
        beside: Mapping[tuple[str, str], str] | None = None,
    ) -> None:
        """Writes the predictions and all attributions.

        Args:
            explanations: By explainer.
            now: When, and of which weights.
            explained: The steps that were explained so far.
            writer: Of the run.
            beside: Of a teacher the layers of the student that its maps stand beside and are called
                after, by explainer and `named` layer; the others are not written.
        """
        step = now.step
        role: Literal["", "teacher"] = "" if beside is None else "teacher"
        if explanations:
            outputs = next(iter(explanations.values())).outputs
            record = predictions(self.output, outputs, len(explained))
            record = replace(record, moment=now.kind, weights=now.weights)
            content = schema.Content("predictions", role=role)
            writer.add(schema.Tag("predictions"), step, record, content)
        for name, explanation in explanations.items():
            for layer, attribution in explanation.attributions.items():
                named = self.named(layer)
                called = named if beside is None else beside.get((name, named))
                if called is not None:
                    self._channels.add(name, attribution)
                    other = (explanation.others or {}).get(layer)
                    self._write_attribution(name, called, attribution, other, step, role, writer)

    @property
    def has_overlays(self) -> bool:
        """Whether some input is one that maps are drawn over: pictures, texts, a table."""
        rows = any(values.layout != "line" for values in self.batch.values.values())
        return bool(self.batch.pictures or self.batch.volumes) or rows

    def overlays(
        self, name: str, attributions: Mapping[str, Attribution]
    ) -> Iterator[tuple[str, Any]]:
        """Yields (tag, sheet) for each input that maps of this explainer lie over."""
        middles = {name: v[:, v.shape[1] // 2] for name, v in self.batch.volumes.items()}
        pictures = self.batch.pictures | middles
        by_input: dict[str, list[Attribution]] = {}
        for attribution in attributions.values():
            under = place(attribution, self.traced_model, self.batch)[1]
            known = under in pictures or under in self.batch.values
            if known and attribution.kind in ("map", "channels"):
                by_input.setdefault(under, []).append(attribution)
        for under, drawn in by_input.items():
            if under in self.batch.values:
                rows, names = rows_of(self.batch.values[under]), self.settings.class_names
                sheet = None if rows is None else row_overlays(drawn, rows, names)
                if sheet is None:
                    continue
            elif drawn[0].channels is not None:
                explainer = self.explainers[name]
                shown = [self._channels.shown(name, explainer, a) for a in drawn]
                orders = [self._channels.order(name, a) for a in shown]
                sheet = rendering.channel_grid(shown, orders=orders)
            else:
                sheet = rendering.overlay_grid(drawn, pictures[under])
            yield f"tfexplain/{name}" if len(by_input) == 1 else f"tfexplain/{name}/{under}", sheet

    def cells(self, attribution: Attribution) -> Cells:
        """Returns how the positions of a map are pooled in the log."""
        return cells_of(attribution, place(attribution, self.traced_model, self.batch)[0])

    def _write_attribution(
        self,
        name: str,
        layer: str,
        attribution: Attribution,
        other: Attribution | None,
        step: float,
        role: Literal["", "teacher"],
        writer: RunWriter,
    ) -> None:
        where = place(attribution, self.traced_model, self.batch)
        explainer = self.explainers[name]
        output = choose_output(self.traced_model.model_outputs, explainer.output)
        number = measure(self.settings.targets, output, explainer.score)
        cells = self.cells(attribution)
        settings = dict(explainer.settings())
        if role:
            settings[TEACHER_LAYER] = unwrapped(attribution.layer)
        content: schema.Content | None = None
        for sample in range(len(self.batch.rows)):
            logged = self._channels.logged(name, explainer, attribution, sample)
            content = content or content_of(logged[0], *where, settings, number, cells, role)
            tag = schema.Tag(content.kind, name, layer, sample)
            writer.add(tag, step, record_of(*logged, cells, other), content)
