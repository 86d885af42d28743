"""Gives what a run has logged of a model in general, measured over many rows."""

from __future__ import annotations

from typing import TypeVar

from tfexplain.errors import TfexplainError
from tfexplain.reading import paid_tables
from tfexplain.reading.sensitivity_table import sensitivity
from tfexplain.reading.tables import Table
from tfexplain.story import RunRecords
from tfexplain.wire import schema
from tfexplain.wire.clock import epoch_text

R = TypeVar("R", bound=schema.Record)


class GeneralRecords:
    """Reads records by their class and epoch.

    Attributes:
        every_record: All records of the run.
    """

    every_record: RunRecords

    def records(self, record: type[R]) -> dict[schema.Tag, dict[float, R]]:
        """Returns all records of one class of `tfexplain.schema`, by tag and epoch.

        What has no table is read so: histograms of kernels (`schema.Kernel`), exchange maps
        (`schema.Exchange`), shares of channels (`schema.Channels`), costs (`schema.Status`).
        Damaged records are left out.
        """
        return {tag: dict(series) for tag, series in self.every_record.series(record)}

    def simple_models(self, epoch: float | None = None) -> schema.SimpleModels:
        """Returns what simple models can say of the network, as `Explain(importance=)` logged it.

        Args:
            epoch: Epoch; default the last one.

        Raises:
            TfexplainError: nothing was logged there.
        """
        return self._at(schema.SimpleModels, epoch)[schema.Tag("simple")]

    def robustness(self, epoch: float | None = None) -> schema.Robustness:
        """Returns how small steps flip predictions, as `Explain(importance=)` logged it.

        Args:
            epoch: Epoch; default the last one.

        Raises:
            TfexplainError: nothing was logged there.
        """
        return self._at(schema.Robustness, epoch)[schema.Tag("robustness")]

    @property
    def sensitivity(self) -> Table:
        """A row for each kernel and setting that `tfexplain sensitivity` measured: predictions,
        similarity of maps by explainer, sizes, and what stores it; empty without any."""
        return sensitivity(self.every_record)

    @property
    def payers(self) -> Table:
        """A row for each class or group and number of `compare`: `value`, its interval (`low`,
        `high`), and least and greatest of the controls; empty without any."""
        return paid_tables.payers(self.every_record)

    @property
    def exemplars(self) -> Table:
        """A row for each row of the data that most compressed models of `compare` predict otherwise
        than most dense ones, surest first; `sample` is -1 where it was not explained."""
        return paid_tables.exemplars(self.every_record)

    @property
    def overlaps(self) -> Table:
        """A row for each other model of `compare` and kernel: how many weights both keep."""
        return paid_tables.overlaps(self.every_record)

    @property
    def plans(self) -> dict[str, schema.Plan]:
        """What `tfexplain sensitivity` would compress first, by what that saves."""
        records = self.records(schema.Plan).items()
        return {tag.layer: list(series.values())[-1] for tag, series in records}

    def clusters(self, epoch: float | None = None) -> dict[str, schema.Clusters]:
        """Returns which rows of a class were explained alike, by the input's name.

        Args:
            epoch: Epoch; default the last one.

        Raises:
            TfexplainError: nothing was logged there.
        """
        found = self._at(schema.Clusters, epoch, "clusters=1000")
        return {tag.layer: record for tag, record in found.items()}

    def importance(self, epoch: float | None = None) -> dict[str, schema.Importance]:
        """Returns how much the model used each feature, by the input's name.

        Args:
            epoch: Epoch; default the last one.

        Raises:
            TfexplainError: nothing was logged there.
        """
        found = self._at(schema.Importance, epoch)
        return {tag.layer: record for tag, record in found.items()}

    def dependence(self, epoch: float | None = None) -> dict[str, schema.Dependence]:
        """Returns how outputs followed the most important columns or channels, by the input's name.

        Args:
            epoch: Epoch; default the last one.

        Raises:
            TfexplainError: nothing was logged there.
        """
        found = self._at(schema.Dependence, epoch)
        return {tag.layer: record for tag, record in found.items()}

    def _at(
        self, record: type[R], epoch: float | None, argument: str = "importance=256"
    ) -> dict[schema.Tag, R]:
        """Returns what `Explain` logged of a kind over many rows at an epoch, by tag."""
        found = self.records(record)
        known = sorted({own for series in found.values() for own in series})
        wanted = max(known, default=0) if epoch is None else epoch
        if wanted not in known:
            raise TfexplainError(
                f"epoch={epoch!r}: nothing of {record.kind!r} was logged there; it was at: "
                f"{', '.join(map(epoch_text, known)) or 'none'}. Pass one of these, or train with "
                f"Explain({argument})."
            )
        return {tag: series[wanted] for tag, series in found.items() if wanted in series}
