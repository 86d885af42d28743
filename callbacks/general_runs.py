"""Plans what is measured over many rows in one `fit`: importance, and clusters of maps."""

from __future__ import annotations

from functools import partial
from typing import Any

from tfexplain.callbacks.few_epochs import FewEpochs, Once
from tfexplain.callbacks.general_run import GeneralRun
from tfexplain.callbacks.guard import Guard
from tfexplain.model.outputs import ModelOutput
from tfexplain.runlog.cluster_records import ClusterRecords
from tfexplain.runlog.exchange_plan import EPOCHS, exchange_epochs
from tfexplain.runlog.general_plan import GeneralPlan
from tfexplain.runlog.settings import ExplainSettings


def general_runs(
    settings: ExplainSettings,
    model: Any,
    output: ModelOutput,
    guard: Guard,
    epochs: int | None,
    *,
    every: bool,
) -> list[GeneralRun]:
    """Returns what was asked for.

    Args:
        settings: The arguments of `Explain`.
        model: The built model.
        output: Its explained output.
        guard: Keeps failures away from training.
        epochs: How many epochs there are; None where that is not known.
        every: Whether importance is measured in every explained epoch.

    Raises:
        SettingError: maps that cannot be clustered, for they are asked for by name.
    """
    runs = []
    opened = (settings, model, output)
    if settings.importance is not None:
        few = exchange_epochs(epochs, EPOCHS) if epochs else [0]
        with guard.planning("importance"):
            plan = GeneralPlan(*opened, settings.importance)
            runs.append(GeneralRun("importance", plan, guard, FewEpochs(None if every else few)))
    if settings.clusters is not None:
        pieces = {"clusters": partial(ClusterRecords, spray=settings.clusters)}
        plan = GeneralPlan(*opened, settings.clusters.rows, pieces)
        runs.append(GeneralRun("clusters", plan, guard, Once(settings.clusters.at)))
    return runs
