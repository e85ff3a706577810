"""Our own facet of an input data set: what the gate found. Described by the schema beside this module."""

import attr
from openlineage.client.facet_v2 import InputDatasetFacet

NAME = "labelgate_labelNoise"
REPOSITORY = "https://github.com/labelgate/labelgate"
_SCHEMA = "plugins/cl_plugins/publishers/lineage/LabelNoiseInputDatasetFacet.json"


@attr.define
class ClassNoise:
    """One class; a share of nothing is left out."""

    label: str
    rows: int
    rate: float | None
    low: float | None
    high: float | None


@attr.define
class LabelNoiseInputDatasetFacet(InputDatasetFacet):
    """The estimated noise rate with its interval against the limit, and the verdict."""

    runId: str  # noqa: N815 - the field's casing
    verdict: str
    says: str
    noiseRate: float  # noqa: N815
    low: float
    high: float
    confidence: float
    limit: float | None
    method: str
    identified: bool
    rows: int
    flaggedRows: int  # noqa: N815
    since: str | None
    report: str | None
    classes: list[ClassNoise]

    @staticmethod
    def _get_schema() -> str:
        return f"{REPOSITORY}/blob/main/{_SCHEMA}#/$defs/LabelNoiseInputDatasetFacet"
