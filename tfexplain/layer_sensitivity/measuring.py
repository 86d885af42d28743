"""Measures kernels with their settings, alone and together, and says beforehand what that takes."""

from __future__ import annotations

import json
import sys
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from typing import Any

from tfexplain.layer_sensitivity.kept import Kept
from tfexplain.layer_sensitivity.passes import Passes, changed
from tfexplain.layer_sensitivity.plan import Plan, spread
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
        self.together = 0
        self.notes = [f"left out: {what}: {why}" for what, why in left]

    def measure(self, cells: Sequence[Cell], budget: Budget) -> Cost:
        """Measures what is not kept, within the budget."""
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
        pass_seconds = self.passes.pass_seconds
        most = min(budget.passes, budget.seconds / max(pass_seconds, 1e-9))
        todo = chosen(missing, costs, opening, most)
        self._tell(todo, by_layer, pass_seconds)
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

    def joint(self, plan: Plan, cells: Sequence[Cell], count: int) -> Plan:
        """Measures some points of a plan with all their settings at once."""
        by_key = {cell.key: cell for cell in cells}
        points = list(plan.points)
        for number in spread(len(points), count):
            settings = points[number].settings
            name = json.dumps(dict(sorted(settings.items())))
            if ("", name) not in self.kept.effects:
                with ExitStack() as stack, explaining(f"{len(settings)} kernels at once"):
                    for item in settings.items():
                        stack.enter_context(changed(by_key[item]))
                    effect = self.subject.changed(self.passes.whole_pass())
                self.kept.add("", name, effect)
                self.together += 1
            points[number] = replace(points[number], joint=self.kept.effects["", name])
        return replace(plan, points=points)

    @property
    def _maps(self) -> float:
        """Passes that the maps of one setting count as: forward and back on the explained rows."""
        explainers = len(self.subject.explaining.explainers)
        return 3 * explainers * self.subject.samples / self.subject.count

    def _tell(self, todo: Sequence[Cell], parts: Mapping[str, Any], seconds: float) -> None:
        if not self.verbose:
            return
        maps = len(todo) * self._maps
        layers = {cell.layer.name for cell in todo}
        passes = sum(parts[cell.layer.name].share for cell in todo)
        passes += maps + sum(1 - parts[name].share for name in layers)
        print(
            f"tfexplain: {len(todo)} settings of {len(layers)} kernels on {self.subject.count} "
            f"rows: {passes:.0f} passes ({len(todo) + maps:.0f} without reuse), about "
            f"{_duration(passes * seconds)}",
            file=sys.stderr,
        )

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
        with changed(cell):
            effect = self.subject.changed(outputs())
        self.kept.add(*cell.key, effect)


def _duration(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.0f} min"
