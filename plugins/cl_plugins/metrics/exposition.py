"""Writes gauges in Prometheus' text format, which scrapers and node_exporter's textfile collector read."""

from collections.abc import Iterable, Iterator

from prometheus_client import CollectorRegistry
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, generate_latest
from prometheus_client.registry import Collector

from cl_plugins.metrics.gauges import Gauge

CONTENT_TYPE = CONTENT_TYPE_PLAIN_0_0_4


class _Given(Collector):
    """Hands gauges that are there already to a registry of their own."""

    def __init__(self, given: Iterable[Gauge]) -> None:
        self._given = tuple(given)

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Return every gauge in the library's own form."""
        for gauge in self._given:
            names = [name for name, _ in next(iter(gauge.values))]
            family = GaugeMetricFamily(gauge.name, gauge.says, labels=names)
            for labels, value in gauge.values.items():
                family.add_metric([text for _, text in labels], value)
            yield family


def exposition(given: Iterable[Gauge]) -> bytes:
    """Return the gauges as UTF-8 text; nothing else of this process is in it."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Given(given))
    return generate_latest(registry)
