"""The tables of history as they are today. How older databases become these is in the migrations."""

from typing import Any

from sqlalchemy import REAL, BigInteger, Column, Double, Index, Integer, MetaData, Table, Text

_REAL: Double[Any] = Double().with_variant(REAL(), "sqlite")
_COUNT = BigInteger().with_variant(Integer(), "sqlite")  # SQLite numbers rows of an INTEGER by itself

METADATA = MetaData()

RUNS = Table(
    "runs",
    METADATA,
    Column("run_id", Text, primary_key=True),
    Column("dataset", Text, nullable=False),
    Column("started_at", Text, nullable=False),
    Column("finished_at", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("says", Text, nullable=False),
    Column("noise_rate", _REAL, nullable=False),
    Column("low", _REAL, nullable=False),
    Column("high", _REAL, nullable=False),
    Column("max_noise_rate", _REAL, nullable=False),
    Column("method", Text, nullable=False),
    Column("n_rows", _COUNT, nullable=False),
    Column("n_flagged", _COUNT, nullable=False),
    Column("model", Text, nullable=False),
    Column("fingerprint", Text, nullable=False),
    Column("engine", Text, nullable=False),
    Column("version", Text, nullable=False),
    Index("runs_by_dataset", "dataset", "started_at"),
)
FIGURES = Table(
    "figures",
    METADATA,
    Column("run_id", Text, primary_key=True),
    Column("accepted", Integer, nullable=False),
    Column("figures", Text, nullable=False),
)
ACCEPTANCES = Table(
    "acceptances",
    METADATA,
    Column("number", _COUNT, primary_key=True),
    Column("run_id", Text, nullable=False),
    Column("who", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("accepted_at", Text, nullable=False),
)
AUDITS = Table(
    "audits",
    METADATA,
    Column("run_id", Text, primary_key=True),
    Column("fingerprint", Text, nullable=False),
    Column("plan", Text, nullable=False),
    Column("seed", _COUNT, nullable=False),
    Column("changed_at", Text, nullable=False),
)
ANSWERS = Table(
    "audit_answers",
    METADATA,
    Column("number", _COUNT, primary_key=True),
    Column("run_id", Text, nullable=False),
    Column("position", _COUNT, nullable=False),
    Column("who", Text, nullable=False),
    Column("is_wrong", Integer, nullable=False),
    Column("true_label", Text, nullable=False),
    Column("added_at", Text, nullable=False),
)
PRUNINGS = Table(
    "prunings",
    METADATA,
    Column("run_id", Text, primary_key=True),
    Column("pruned_at", Text, nullable=False),
    Column("freed_bytes", _COUNT, nullable=False),
)
DECISIONS = Table(
    "decisions",
    METADATA,
    Column("number", _COUNT, primary_key=True),
    Column("decision_id", Text, nullable=False),
    Column("step", Text, nullable=False),
    Column("fingerprint", Text, nullable=False),
    Column("run_id", Text, nullable=False),
    Column("dataset", Text, nullable=False),
    Column("position", _COUNT, nullable=False),
    Column("row_id", Text, nullable=False),
    Column("given_label", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("label", Text, nullable=False),
    Column("who", Text, nullable=False),
    Column("note", Text, nullable=False),
    Column("origin", Text, nullable=False),
    Column("blind", Integer, nullable=False),
    Column("decided_at", Text, nullable=False),
    Column("undoes", _COUNT),
    Index("decisions_by_id", "decision_id", unique=True),
    Index("decisions_by_content", "fingerprint", "number"),
    Index("decisions_by_dataset", "dataset", "number"),
)
ORIGINS = Table(
    "origins",
    METADATA,
    Column("run_id", Text, primary_key=True),
    Column("rejudges", Text),
    Column("as_of", Text),
    Column("measured_at", Text, nullable=False),
)
TELLINGS = Table(
    "tellings",
    METADATA,
    Column("run_id", Text, primary_key=True),
    Column("destination", Text, primary_key=True),
    Column("dataset", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("finished_at", Text, nullable=False),
    Column("settled_at", Text),
    Column("outcome", Text, nullable=False),
    Column("problem", Text, nullable=False),
)
