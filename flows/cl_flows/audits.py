"""Audits on record: the plan of a run and people's answers, every one of them kept. No statistics."""

import json
import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pandas as pd

from cl_core.audit import AuditPlan, collect_answers, extend_audit, plan_audit
from cl_core.audit.finding import AuditFinding, audit_finding
from cl_core.errors import ConfigError, InputError
from cl_flows.history import opened
from cl_flows.runs import SCORED_FILE

_AUDITS = """
CREATE TABLE IF NOT EXISTS audits (
    run_id TEXT PRIMARY KEY, fingerprint TEXT NOT NULL, plan TEXT NOT NULL,
    seed INTEGER NOT NULL, changed_at TEXT NOT NULL
)
"""
_ANSWERS = """
CREATE TABLE IF NOT EXISTS audit_answers (
    number INTEGER PRIMARY KEY, run_id TEXT NOT NULL, position INTEGER NOT NULL, who TEXT NOT NULL,
    is_wrong INTEGER NOT NULL, true_label TEXT NOT NULL, added_at TEXT NOT NULL
)
"""
_SCHEMA = (_AUDITS, _ANSWERS)


@dataclass(frozen=True, slots=True)
class Answer:
    """What one person said about one row; `true_label` is empty when they did not say."""

    position: int
    who: str
    is_wrong: bool
    true_label: str = ""


@dataclass(frozen=True, slots=True)
class Audit:
    """The audit of one run.

    Attributes
    ----------
    run_id, fingerprint
        The run, and the content of its data: an audit speaks for the same rows in any later run.
    plan
        Which rows to check.
    seed
        Where the random choice started from.
    """

    run_id: str
    fingerprint: str
    plan: AuditPlan
    seed: int


def plan_for_run(
    database: Path, folder: Path, *, max_noise_rate: float | None, rows: int | None, more: int, seed: int
) -> Audit:
    """Plan the audit of the run in `folder`, or continue its plan by `more` rows."""
    report = json.loads((folder / "report.json").read_text(encoding="utf-8"))
    scored = read_scored(folder)
    quality = scored["label_quality"].to_numpy()
    known = read_audit(database, folder.name)
    if known is None:
        limit = report["noise"]["limit"] if max_noise_rate is None else max_noise_rate
        flagged = scored["is_label_issue"].to_numpy()
        rng = np.random.default_rng(seed)
        plan = plan_audit(quality, flagged, max_noise_rate=limit, n_rows=rows, rng=rng)
        known = Audit(folder.name, report["data"]["fingerprint"], plan, seed)
    elif rows is not None or max_noise_rate not in {None, known.plan.max_noise_rate}:
        raise ConfigError(
            f"run {folder.name} has an audit plan of {len(known.plan.positions):,} rows "
            f"for a limit of {known.plan.max_noise_rate:.2%}",
            hint="a plan is fixed before the first answer; --more N continues it",
        )
    if more:
        # The rows drawn so far tell the generators of two continuations apart.
        rng = np.random.default_rng([known.seed, len(known.plan.positions)])
        plan = extend_audit(known.plan, quality, more, rng=rng)
        known = Audit(known.run_id, known.fingerprint, plan, known.seed)
    _write(database, known)
    return known


def read_scored(folder: Path) -> pd.DataFrame:
    """Read the scored table of a finished run."""
    return pd.read_parquet(folder / SCORED_FILE)


def read_audit(database: Path, run_id: str) -> Audit | None:
    """Return the audit of a run, or None when none was planned."""
    return _read(database, "run_id", run_id)


def add_answers(database: Path, audit: Audit, answers: Iterable[Answer]) -> int:
    """Put answers on record, all or none, and return how many."""
    now = _now()
    rows = [(audit.run_id, a.position, a.who, int(a.is_wrong), a.true_label, now) for a in answers]
    strangers = sorted({row[1] for row in rows} - set(audit.plan.positions.tolist()))
    if strangers:
        raise InputError(
            f"{len(strangers)} answered rows are not in the audit plan, the first is row {strangers[0]}",
            hint="only rows that the plan drew at random can be counted; `labelgate audit plan` lists them",
        )
    with opened(database, *_SCHEMA) as connection, connection:
        connection.execute("BEGIN IMMEDIATE")
        connection.executemany(
            "INSERT INTO audit_answers (run_id, position, who, is_wrong, true_label, added_at)"
            " VALUES (?, ?, ?, ?, ?, ?)",
            rows,
        )
    return len(rows)


def read_answers(database: Path, run_id: str) -> list[Answer]:
    """Return everybody's latest word on each row; earlier ones stay in the database."""
    query = "SELECT position, who, is_wrong, true_label FROM audit_answers WHERE run_id = ? ORDER BY number"
    with opened(database, *_SCHEMA) as connection:
        found = connection.execute(query, (run_id,)).fetchall()
    latest = {(position, who): Answer(position, who, bool(w), label) for position, who, w, label in found}
    return list(latest.values())


def finding_for_run(
    database: Path, run_id: str, *, max_noise_rate: float | None = None
) -> AuditFinding | None:
    """Return what the audit of a run says so far; None without answers."""
    audit = read_audit(database, run_id)
    return None if audit is None else _finding(database, audit, max_noise_rate)


def finding_for_data(database: Path, fingerprint: str, *, max_noise_rate: float) -> AuditFinding | None:
    """Return what the newest audit of data with this very content says; None without answers."""
    if not database.exists():
        return None
    audit = _read(database, "fingerprint", fingerprint)
    return None if audit is None else _finding(database, audit, max_noise_rate)


def answered_at(database: Path, fingerprint: str) -> datetime | None:
    """Return when the last answer about data with this very content came in; None without answers."""
    if not database.exists():
        return None
    audit = _read(database, "fingerprint", fingerprint)
    if audit is None:
        return None
    with opened(database, *_SCHEMA) as connection:
        query = "SELECT max(added_at) FROM audit_answers WHERE run_id = ?"
        (last,) = connection.execute(query, (audit.run_id,)).fetchone()
    return None if last is None else datetime.fromisoformat(last)


def _finding(database: Path, audit: Audit, max_noise_rate: float | None) -> AuditFinding | None:
    answers = read_answers(database, audit.run_id)
    if not answers:
        return None
    votes = collect_answers([a.position for a in answers], [int(a.is_wrong) for a in answers])
    limit = audit.plan.max_noise_rate if max_noise_rate is None else max_noise_rate
    return audit_finding(audit.plan, votes, max_noise_rate=limit)


def _read(database: Path, column: str, value: str) -> Audit | None:
    query = f"SELECT run_id, fingerprint, plan, seed FROM audits WHERE {column} = ? ORDER BY changed_at DESC"  # noqa: S608 - two fixed names
    with opened(database, *_SCHEMA) as connection:
        row = connection.execute(query, (value,)).fetchone()
    if row is None:
        return None
    run_id, fingerprint, plan, seed = row
    return Audit(run_id, fingerprint, AuditPlan.from_dict(json.loads(plan)), seed)


def _write(database: Path, audit: Audit) -> None:
    values = (audit.run_id, audit.fingerprint, json.dumps(audit.plan.to_dict()), audit.seed, _now())
    with opened(database, *_SCHEMA) as connection, connection:
        connection.execute("BEGIN IMMEDIATE")
        _refuse_changed(connection, audit)
        connection.execute(
            "INSERT OR REPLACE INTO audits (run_id, fingerprint, plan, seed, changed_at)"
            " VALUES (?, ?, ?, ?, ?)",
            values,
        )


def _refuse_changed(connection: sqlite3.Connection, audit: Audit) -> None:
    """Refuse to replace a plan by one that does not continue it: somebody planned at the same time."""
    row = connection.execute("SELECT plan FROM audits WHERE run_id = ?", (audit.run_id,)).fetchone()
    if row is None:
        return
    before = json.loads(row[0])["positions"]
    if audit.plan.positions.tolist()[: len(before)] != before:
        raise ConfigError(
            f"the audit of run {audit.run_id} was planned by somebody else meanwhile",
            hint="run the command again to see their plan",
        )


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")
