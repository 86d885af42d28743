"""One `fit` being explained: the planned explainers, and what each epoch writes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tfexplain import rendering, schema
from tfexplain.attribution import Attribution
from tfexplain.callbacks.announcing import tell
from tfexplain.callbacks.batch import choose_batch
from tfexplain.callbacks.guard import Guard
from tfexplain.callbacks.records import content_of, metrics, png, predictions, record_of
from tfexplain.callbacks.settings import Settings
from tfexplain.callbacks.writer import RunWriter
from tfexplain.explainers import (
    Explainer,
    Explanation,
    FeatureMaps,
    GradCAM,
    IntegratedGradients,
    explain,
)
from tfexplain.tap import spatial_sites
from tfexplain.targets import as_targets


class Session:
    """Everything one `fit` needs; made before its first batch, gone after its last.

    Args:
        settings: The arguments of `Explain`.
        model: The built model.
        guard: Keeps failures of single explainers away from the rest.

    Raises:
        ValueError: data, labels, layers or shapes that cannot work, found by explaining once.
    """

    def __init__(self, settings: Settings, model: Any, guard: Guard) -> None:
        self._settings, self._model, self._guard = settings, model, guard
        asked = [explainer.head for explainer in settings.explainers or ()]
        self._passes, self._head, self._batch = choose_batch(settings, model, asked)
        self._explainers = self._named(settings.explainers or self._default_explainers())
        self.explained: list[int] = []
        self._check_targets()
        # Once before training: whatever cannot work shows now, and is compiled by now.
        self._first = self._run(self._explainers)

    def announce(self, writer: RunWriter) -> None:
        """Print what was chosen, and write what never changes: settings, labels, pictures."""
        choices = self._choices()
        if self._settings.verbose:
            tell("explaining", choices, writer.directory)
        samples = schema.Samples(
            self._batch.labels,
            self._batch.rows,
            self._batch.label_kind,
            self._settings.class_names,
            choices,
        )
        tag = schema.Tag("samples")
        writer.add_constant(tag, samples, schema.Content("samples"))
        for name, pictures in self._batch.pictures.items():
            content = schema.Content("inputs", shape=pictures.shape[1:])
            tag = schema.Tag("inputs", layer=name)
            writer.add_pictures(tag, [png(p) for p in pictures], content)
        self._first.clear()

    def at_epoch(self, epoch: int, step: int, logs: Mapping[str, Any], writer: RunWriter) -> None:
        """The epoch's logs as `fit` reports them and, where it is due, explanations."""
        with self._guard.watch("metrics", step):
            writer.add(schema.Tag("metrics"), step, metrics(logs), schema.Content("metrics"))
        if epoch % self._settings.every == 0:
            self._guarded(step, writer)

    def at_end(self, step: int, writer: RunWriter) -> None:
        """The last epoch, if it has not been explained."""
        if step not in self.explained:
            self._guarded(step, writer)

    def _guarded(self, step: int, writer: RunWriter) -> None:
        with self._guard.watch("explain", step):
            self.explain(step, writer)

    def explain(self, step: int, writer: RunWriter) -> None:
        """Explain the batch with the weights as they are now, and write it all down."""
        found = self._explanations(step)
        self.explained.append(step)
        if found:
            outputs = next(iter(found.values())).outputs
            record = predictions(self._head, outputs, self.explained)
            writer.add(schema.Tag("predictions"), step, record, schema.Content("predictions"))
        for name, explanation in found.items():
            for attribution in explanation.attributions.values():
                self._write_attribution(name, attribution, step, writer)
            if self._settings.images and self._batch.pictures:
                with self._guard.watch(f"{name}: overlay", step):
                    self._write_overlay(name, explanation.attributions, step, writer)
        status = schema.Status({n: e.seconds for n, e in found.items()}, self._guard.problems)
        writer.add(schema.Tag("status"), step, status, schema.Content("status"))

    def _explanations(self, step: int) -> dict[str, Explanation]:
        """All explainers on shared passes; if that fails, each by itself, so that one cannot
        take the others down."""
        try:
            return self._run(self._explainers)
        except Exception:
            found: dict[str, Explanation] = {}
            for name, explainer in self._explainers.items():
                with self._guard.watch(name, step):
                    found |= self._run({name: explainer})
            return found

    def _run(self, explainers: Mapping[str, Explainer]) -> dict[str, Explanation]:
        found: dict[str, Explanation] = {}
        for head in dict.fromkeys(explainer.head for explainer in explainers.values()):
            group = {n: e for n, e in explainers.items() if e.head == head}
            targets = self._batch.targets(
                self._passes.head(head), self._head, self._settings.targets
            )
            results = explain(
                self._model, list(group.values()), self._batch.inputs, targets, passes=self._passes
            )
            found |= dict(zip(group, results, strict=True))
        return {name: found[name] for name in explainers}

    def _check_targets(self) -> None:
        asked = self._settings.targets
        if not isinstance(asked, str):
            as_targets(asked, self._head, len(self._batch.rows))

    def _default_explainers(self) -> tuple[Explainer, ...]:
        if spatial_sites(self._passes.sites):
            return (FeatureMaps(), GradCAM(), IntegratedGradients())
        return (IntegratedGradients(),)

    def _named(self, explainers: tuple[Explainer, ...]) -> dict[str, Explainer]:
        """Names for tags: `GradCAM`, and `GradCAM-2` for a second one with other settings."""
        named: dict[str, Explainer] = {}
        for explainer in explainers:
            name, count = explainer.name, 1
            while name in named:
                count += 1
                name = f"{explainer.name}-{count}"
            named[name] = explainer
        return named

    def _choices(self) -> dict[str, str]:
        """Every choice made for the user, in words."""
        asked, batch = self._settings.targets, self._batch
        words = {"label": "the true label", "predicted": "the predicted class"}
        if asked == "label" and batch.label_kind != "class":
            asked = "predicted"
        chosen = words[asked] if isinstance(asked, str) else "as passed"
        unit = "output" if callable(asked) else self._head.unit("logit")
        if self._head.regression and isinstance(asked, str):
            chosen = f"output {self._head.name!r} itself"
        balanced = "" if batch.label_kind == "none" else ", balanced over the labels"
        choices = {
            "samples": f"{len(batch.rows)} of {batch.total}{balanced}",
            "target": f"{chosen}, explained as {unit}",
            "epochs": f"every {self._settings.every}, and the last",
        }
        if unit == "probability":
            choices["target"] += (
                " (this model keeps no logits, and a probability has no gradient left where the"
                " model is sure)"
            )
        for name, explainer in self._explainers.items():
            layers = ", ".join(self._first[name].attributions)
            settings = [f"{k} {v}" for k, v in explainer.settings().items() if v != "default"]
            defaults = " (default baseline: zeros)" if _zeros(explainer) else ""
            choices[name] = f"at {layers}; {', '.join(settings)}{defaults}"
        if batch.color_range:
            choices["pictures"] = "black is {:g}, white is {:g}".format(*batch.color_range)
        return choices

    def _write_attribution(
        self, name: str, attribution: Attribution, step: int, writer: RunWriter
    ) -> None:
        settings, under = self._explainers[name].settings(), self._input_under(attribution.layer)
        content = content_of(attribution, under, settings)
        for sample in range(len(self._batch.rows)):
            tag = schema.Tag(content.kind, name, attribution.layer, sample)
            writer.add(tag, step, record_of(attribution, sample), content)

    def _input_under(self, layer: str) -> str:
        """The input picture a map lies over: itself, or the first picture its layer depends on."""
        names = self._passes.input_names
        if layer in self._batch.pictures:
            return layer
        causes = next((site.inputs for site in self._passes.sites if site.path == layer), ())
        return next((names[i] for i in causes if names[i] in self._batch.pictures), "")

    def _write_overlay(
        self, name: str, attributions: Mapping[str, Attribution], step: int, writer: RunWriter
    ) -> None:
        """One grid for each input picture that maps of this explainer lie over."""
        text = "Inputs and overlays; the scale of each epoch is written below the pictures."
        by_input: dict[str, list[Attribution]] = {}
        for attribution in attributions.values():
            by_input.setdefault(self._input_under(attribution.layer), []).append(attribution)
        by_input.pop("", None)
        for under, drawn in by_input.items():
            if drawn[0].channels is not None:
                sheet = rendering.channel_grid(drawn)
            else:
                sheet = rendering.overlay_grid(drawn, self._batch.pictures[under])
            tag = f"tfexplain/{name}" if len(by_input) == 1 else f"tfexplain/{name}/{under}"
            writer.add_image(tag, step, png(sheet), sheet.shape[1::-1], text)


def _zeros(explainer: Explainer) -> bool:
    return isinstance(explainer, IntegratedGradients) and explainer.baseline is None
