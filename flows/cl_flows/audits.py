"""Audits on record: the plan of a run and people's answers, every one of them kept. No statistics."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from sqlalchemy import Connection, func, select

from cl_core.audit import AuditPlan, collect_answers, extend_audit, plan_audit
from cl_core.audit.finding import AuditFinding, audit_finding
from cl_core.errors import ConfigError, InputError
from cl_flows.database.connect import reading, writing
from cl_flows.database.place import Database, is_there
from cl_flows.database.tables import ANSWERS, AUDITS
from cl_flows.runs import SCORED_FILE


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
    database: Database, folder: Path, *, max_noise_rate: float | None, rows: int | None, more: int, seed: int
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


def read_audit(database: Database, run_id: str) -> Audit | None:
    """Return the audit of a run, or None when none was planned."""
    return _read(database, "run_id", run_id)


def read_audit_of_data(database: Database, fingerprint: str) -> Audit | None:
    """Return the newest audit of data with this very content, of whatever run, or None."""
    return _read(database, "fingerprint", fingerprint)


def add_answers(database: Database, audit: Audit, answers: Iterable[Answer]) -> int:
    """Put answers on record, all or none, and return how many."""
    now = _now()
    rows: list[dict[str, Any]] = [
        {
            "run_id": audit.run_id,
            "position": answer.position,
            "who": answer.who,
            "is_wrong": int(answer.is_wrong),
            "true_label": answer.true_label,
            "added_at": now,
        }
        for answer in answers
    ]
    planned = set(audit.plan.positions.tolist())
    strangers = sorted(position for row in rows if (position := row["position"]) not in planned)
    if strangers:
        raise InputError(
            f"{len(set(strangers))} answered rows are not in the audit plan, the first is row {strangers[0]}",
            hint="only rows that the plan drew at random can be counted; `labelgate audit plan` lists them",
        )
    with writing(database) as connection:
        if rows:
            connection.execute(ANSWERS.insert(), rows)
    return len(rows)


def read_answers(database: Database, run_id: str) -> list[Answer]:
    """Return everybody's latest word on each row; earlier ones stay in the database."""
    if not is_there(database):
        return []
    columns = (ANSWERS.c[name] for name in ("position", "who", "is_wrong", "true_label"))
    query = select(*columns).where(ANSWERS.c.run_id == run_id).order_by(ANSWERS.c.number)
    with reading(database) as connection:
        found = connection.execute(query).all()
    latest = {(position, who): Answer(position, who, bool(w), label) for position, who, w, label in found}
    return list(latest.values())


def finding_for_run(
    database: Database, run_id: str, *, max_noise_rate: float | None = None
) -> AuditFinding | None:
    """Return what the audit of a run says so far; None without answers."""
    audit = read_audit(database, run_id)
    return None if audit is None else _finding(database, audit, max_noise_rate)


def finding_for_data(database: Database, fingerprint: str, *, max_noise_rate: float) -> AuditFinding | None:
    """Return what the newest audit of data with this very content says; None without answers."""
    if not is_there(database):
        return None
    audit = _read(database, "fingerprint", fingerprint)
    return None if audit is None else _finding(database, audit, max_noise_rate)


def answered_at(database: Database, fingerprint: str) -> datetime | None:
    """Return when the last answer about data with this very content came in; None without answers."""
    if not is_there(database):
        return None
    audit = _read(database, "fingerprint", fingerprint)
    if audit is None:
        return None
    query = select(func.max(ANSWERS.c.added_at)).where(ANSWERS.c.run_id == audit.run_id)
    with reading(database) as connection:
        last = connection.execute(query).scalar()
    return None if last is None else datetime.fromisoformat(last)


def _finding(database: Database, audit: Audit, max_noise_rate: float | None) -> AuditFinding | None:
    answers = read_answers(database, audit.run_id)
    if not answers:
        return None
    votes = collect_answers([a.position for a in answers], [int(a.is_wrong) for a in answers])
    limit = audit.plan.max_noise_rate if max_noise_rate is None else max_noise_rate
    return audit_finding(audit.plan, votes, max_noise_rate=limit)


def _read(database: Database, column: str, value: str) -> Audit | None:
    if not is_there(database):
        return None
    columns = (AUDITS.c[name] for name in ("run_id", "fingerprint", "plan", "seed"))
    query = select(*columns).where(AUDITS.c[column] == value).order_by(AUDITS.c.changed_at.desc()).limit(1)
    with reading(database) as connection:
        row = connection.execute(query).first()
    if row is None:
        return None
    run_id, fingerprint, plan, seed = row
    return Audit(run_id, fingerprint, AuditPlan.from_dict(json.loads(plan)), seed)


def _write(database: Database, audit: Audit) -> None:
    with writing(database) as connection:
        _refuse_changed(connection, audit)
        connection.execute(AUDITS.delete().where(AUDITS.c.run_id == audit.run_id))
        connection.execute(
            AUDITS.insert().values(
                run_id=audit.run_id,
                fingerprint=audit.fingerprint,
                plan=json.dumps(audit.plan.to_dict()),
                seed=audit.seed,
                changed_at=_now(),
            )
        )


def _refuse_changed(connection: Connection, audit: Audit) -> None:
    """Refuse to replace a plan by one that does not continue it: somebody planned at the same time."""
    query = select(AUDITS.c.plan).where(AUDITS.c.run_id == audit.run_id)
    known = connection.execute(query).scalar()
    if known is None:
        return
    before = json.loads(known)["positions"]
    if audit.plan.positions.tolist()[: len(before)] != before:
        raise ConfigError(
            f"the audit of run {audit.run_id} was planned by somebody else meanwhile",
            hint="run the command again to see their plan",
        )


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")
