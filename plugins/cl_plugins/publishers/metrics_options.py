"""Options of the publishers that hand figures to monitoring and lineage tools."""

from pathlib import Path

from pydantic import Field

from cl_plugins.options import Options


class PrometheusTextfileOptions(Options):
    """Options of the publisher ``prometheus_textfile``."""

    folder: Path = Field(description="folder of node_exporter's textfile collector; one file a data set")
