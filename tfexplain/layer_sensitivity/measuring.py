"""Measures kernels with their settings, alone and together, and says beforehand what that takes."""

from __future__ import annotations

import json
import sys
import time
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from tfexplain.layer_sensitivity.kept import Kept
from tfexplain.layer_sensitivity.passes import Part, Passes, changed
from tfexplain.layer_sensitivity.plan import Plan, Size, spread
from tfexplain.layer_sensitivity.result import Cost
from tfexplain.layer_sensitivity.subject import Subject
from tfexplain.layer_sensitivity.todo import Budget, Cell, chosen
from tfexplain.model.progress import explaining, shown


@dataclass
class Measuring:
    """Measures cells, says beforehand what that takes, and notes what is missing."""

    subject: Subject
    passes: Passes
    kept: Kept
    verbose: int

    def __post_init__(self) -> None:
        left = self.subject.explaining.left_out.items()
        self._changing, self._changes = 0.0, 0  # seconds of changing kernels, and how many
        self.notes = [f"left out: {what}: {why}" for what, why in left]

    def measure(self, cells: Sequence[Cell], budget: Budget, points: int) -> Cost:
        """Measures what is not kept, within the budget; so many points of plans are to follow."""
        missing = [cell for cell in cells if cell.key not in self.kept.effects]
        reused = len(cells) - len(missing)
        counts = Counter(cell.layer.name for cell in missing)
        by_layer = {
            cell.layer.name: self.passes.part(cell.layer, counts[cell.layer.name])
            for cell in missing
        }
        costs = [by_layer[cell.layer.name].share + self._maps for cell in missing]
        opening = {name: 1 - part.share for name, part in by_layer.items()}
        start = time.perf_counter()
        most = budget.passes
        if missing and (self.verbose or budget.seconds < float("inf")):
            passes, seconds = self._expected(missing, by_layer)
            most = min(most, budget.seconds * passes / max(seconds, 1e-9))
        todo = chosen(missing, costs, opening, most)
        self._tell(todo, by_layer, points)
        done = self._all(todo, start + budget.seconds)
        if done < len(missing):
            self.notes.append(
                f"{len(missing) - done} of {len(cells)} settings were not measured: the budget "
                "ended. Run it again with resume= to go on."
            )
        return Cost(
            self.passes.done + done * self._maps,
            self.passes.whole + done * self._maps,
            time.perf_counter() - start,
            reused,
        )

    def joint(
        self, plans: Mapping[Size, Plan], cells: Sequence[Cell], count: int
    ) -> dict[Size, Plan]:
        """Measures some points of each plan with all their settings at once."""
        by_key = {cell.key: cell for cell in cells}
        wanted = {
            (size, number): dict(sorted(plan.points[number].settings.items()))
            for size, plan in plans.items()
            for number in spread(len(plan.points), count)
        }
        names = {key: json.dumps(settings) for key, settings in wanted.items()}
        missing = {
            names[key]: settings
            for key, settings in wanted.items()
            if ("", names[key]) not in self.kept.effects
        }
        self._tell_points(missing.values())
        with shown(self.verbose if missing else 0, len(missing)):
            for name, settings in missing.items():
                with ExitStack() as stack, explaining(f"{len(settings)} kernels at once"):
                    for item in settings.items():
                        stack.enter_context(changed(by_key[item]))
                    effect = self.subject.changed(self.passes.whole_pass())
                self.kept.add("", name, effect)
        points = {size: list(plan.points) for size, plan in plans.items()}
        for (size, number), name in names.items():
            effect = self.kept.effects["", name]
            points[size][number] = replace(points[size][number], joint=effect)
        return {size: replace(plan, points=points[size]) for size, plan in plans.items()}

    @property
    def _maps(self) -> float:
        """Passes that the maps of one setting count as: forward and back on the explained rows."""
        explainers = len(self.subject.explaining.explainers)
        return 3 * explainers * self.subject.samples / self.subject.count

    def _expected(self, todo: Sequence[Cell], parts: Mapping[str, Part]) -> tuple[float, float]:
        """Returns (passes, seconds) that cells take; maps are timed, for a pass forward and back on
        a few rows takes longer than its share of a pass on all."""
        layers = {cell.layer.name for cell in todo}
        passes = sum(parts[cell.layer.name].share for cell in todo)
        passes += sum(1 - parts[name].share for name in layers)
        seconds = passes * self.passes.pass_seconds
        seconds += len(todo) * self._maps_seconds if todo else 0
        seconds += sum(self.passes.split_seconds for name in layers if not parts[name].why)
        return passes + len(todo) * self._maps, seconds

    @cached_property
    def _maps_seconds(self) -> float:
        """What the maps of one setting take, compiled before."""
        start = time.perf_counter()
        self.subject.explaining.run()
        return time.perf_counter() - start

    def _tell(self, todo: Sequence[Cell], parts: Mapping[str, Part], points: int) -> None:
        if not self.verbose:
            return
        passes, seconds = self._expected(todo, parts)
        layers = {cell.layer.name for cell in todo}
        then = f"; then up to {points} points of plans" if points else ""
        self._say(
            f"{len(todo)} settings of {len(layers)} kernels on {self.subject.count} rows: "
            f"{passes:.0f} passes ({len(todo) * (1 + self._maps):.0f} without reuse), about "
            f"{_duration(seconds)}{then}"
        )

    def _tell_points(self, missing: Collection[Mapping[str, str]]) -> None:
        if not self.verbose or not missing:
            return
        changes = sum(map(len, missing)) * self._changing / max(self._changes, 1)
        each = self.passes.pass_seconds + self._maps_seconds
        self._say(
            f"{len(missing)} points of plans, with all their settings at once: about "
            f"{_duration(len(missing) * each + changes)}"
        )

    def _say(self, text: str) -> None:
        print(f"tfexplain: {text}", file=sys.stderr)

    def _all(self, todo: Sequence[Cell], deadline: float) -> int:
        """Measures, kernel by kernel; returns how many were before the deadline."""
        done = 0
        by_layer: dict[str, list[Cell]] = {}
        for cell in todo:
            by_layer.setdefault(cell.layer.name, []).append(cell)
        with shown(self.verbose, len(todo)):
            for own in by_layer.values():
                if time.perf_counter() >= deadline:
                    break
                with self.passes.open(own[0].layer, len(own)) as outputs:
                    for cell in own:
                        if time.perf_counter() >= deadline:
                            break
                        with explaining(" ".join(cell.key)):
                            self._one(cell, outputs)
                        done += 1
        return done

    def _one(self, cell: Cell, outputs: Any) -> None:
        start = time.perf_counter()
        with changed(cell):
            self._changing += time.perf_counter() - start
            self._changes += 1
            effect = self.subject.changed(outputs())
        self.kept.add(*cell.key, effect)


def _duration(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.0f} min"
