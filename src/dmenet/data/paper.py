"""The paper's training mix: a synthetic data set, real photographs with masks, and any others."""

from collections.abc import Mapping, Sequence
from typing import Unpack

from dmenet.data.data_set_module import DataSetModule, Loading
from dmenet.data.status import Status
from dmenet.errors import InputError
from dmenet.sample import Sample


class PaperDataModule(DataSetModule):
    """Data sets joined, one for each domain.

    Only those of the domains that are trained on are looked at. Methods are scored on the test sets
    of the synthetic one; the others are evaluated on as data sets of their own.

    Args:
        synthetic, real, unlabelled: the data sets; of their settings, those of ``Loading`` are not
            used, except the unit of the map values.
        loading: see ``Loading``.
    """

    source = ""

    def __init__(
        self,
        *,
        synthetic: DataSetModule,
        real: DataSetModule,
        unlabelled: DataSetModule,
        **loading: Unpack[Loading],
    ) -> None:
        super().__init__(**loading)
        self.parts = {"synthetic": synthetic, "real": real, "unlabelled": unlabelled}
        for domain, part in self.parts.items():
            part.domains = (domain,) if domain in self.domains else ()

    def _in_use(self) -> list[DataSetModule]:
        return [self.parts[domain] for domain in self.domains or ("synthetic",)]

    def prepare_data(self) -> None:
        """Prepare the data sets of the domains; where nothing is trained, the synthetic one."""
        for part in self._in_use():
            part.prepare_data()

    def training_samples(self, domain: str) -> Sequence[Sample]:
        """Those of the domain's data set."""
        return self.parts[domain].training_samples(domain)

    def validation_samples(self, domain: str) -> Sequence[Sample] | None:
        """Those of the domain's data set."""
        return self.parts[domain].validation_samples(domain)

    @property
    def test_sets(self) -> Mapping[str, Sequence[Sample]]:
        """Those of the synthetic data set."""
        return self.parts["synthetic"].test_sets

    def status(self) -> Status:
        """How many images each data set gives; more is told of each by itself."""
        status = Status(None)
        for domain, part in self.parts.items():
            try:
                count = len(part.training_samples(domain))
                status.facts.append(f"{domain}: {count} training images, {type(part).__name__}")
            except InputError as error:
                status.missing.append(f"{domain}: {str(error).partition('. ')[0]}")
        return status
