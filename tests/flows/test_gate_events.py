"""What a gate says on Prefect's event bus: every end, every verdict, and whose it is."""

from typing import Any
from uuid import UUID

import pytest

from cl_flows import gate_events


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, dict[str, str]]]:
    """Collect events and their resources instead of sending them."""
    events: list[tuple[str, dict[str, str]]] = []

    def keep(event: str, resource: dict[str, str], **_: Any) -> None:
        events.append((event, resource))

    monkeypatch.setattr(gate_events, "emit_event", keep)
    return events


@pytest.mark.prefect
@pytest.mark.usefixtures("prefect_api")
def test_a_run_says_that_it_began_and_that_it_ended_though_it_crashed(
    said: list[tuple[str, dict[str, str]]],
) -> None:
    """Both are events of the flow run itself, as its heartbeats are: automations compare them."""
    from prefect import flow
    from prefect.runtime import flow_run

    seen: list[UUID] = []

    @flow
    def crashes() -> None:
        seen.append(UUID(flow_run.id))
        with gate_events.life_announced():
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        crashes()
    own = {"prefect.resource.id": f"prefect.flow-run.{seen[0]}"}
    assert said == [("labelgate.run.began", own), ("labelgate.run.ended", own)]


def test_a_plain_call_says_nothing_of_a_run(said: list[tuple[str, dict[str, str]]]) -> None:
    """There is none."""
    with gate_events.life_announced():
        pass
    assert said == []


def test_a_suite_that_is_not_met_is_told_like_a_failed_gate(said: list[tuple[str, dict[str, str]]]) -> None:
    """Whoever waits for failed gates hears of it, by the name of the data set."""
    gate_events.announce_unmet_suite("Customers 2026", "two columns are missing")
    resource = {"prefect.resource.id": "labelgate.dataset.customers-2026", "labelgate.advisory": "false"}
    assert said == [("labelgate.gate.failed", resource)]
