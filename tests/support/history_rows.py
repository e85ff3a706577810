"""Rows of history that no gate has to run for."""

from typing import Any

from cl_flows.history import HistoryRow


def history_row(run_id: str = "20260101-000000-aaaaaa", day: int = 1, **changes: Any) -> HistoryRow:
    """Make the row of a run that passed on that day of January."""
    figures: dict[str, Any] = {
        "dataset": "cats",
        "started_at": f"2026-01-{day:02}T00:00:00.000+00:00",
        "finished_at": f"2026-01-{day:02}T00:00:01.000+00:00",
        "status": "passed",
        "says": "1.0 % of labels are wrong",
        "noise_rate": 0.01,
        "low": 0.0,
        "high": 0.02,
        "max_noise_rate": 0.05,
        "method": "auto",
        "n_rows": 100,
        "n_flagged": 1,
        "model": "tabular",
        "fingerprint": "abc",
        "engine": "direct",
        "version": "0.1.0",
    }
    return HistoryRow(run_id=run_id, **figures | changes)
