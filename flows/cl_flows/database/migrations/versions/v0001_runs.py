"""Runs, audits and answers: the first schema, which had no version on record."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make what is missing: the first labelgates made each table when it was first written to."""
    real: sa.Double[Any] = sa.Double().with_variant(sa.REAL(), "sqlite")
    count = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    kinds: dict[str, Any] = {"noise_rate": real, "low": real, "high": real, "max_noise_rate": real}
    kinds |= {"n_rows": count, "n_flagged": count}
    names = (
        "dataset started_at finished_at status says noise_rate low high max_noise_rate method "
        "n_rows n_flagged model fingerprint engine version"
    )
    op.create_table(
        "runs",
        sa.Column("run_id", sa.Text, primary_key=True),
        *(sa.Column(name, kinds.get(name, sa.Text()), nullable=False) for name in names.split()),
        if_not_exists=True,
    )
    op.create_table(
        "audits",
        sa.Column("run_id", sa.Text, primary_key=True),
        sa.Column("fingerprint", sa.Text, nullable=False),
        sa.Column("plan", sa.Text, nullable=False),
        sa.Column("seed", count, nullable=False),
        sa.Column("changed_at", sa.Text, nullable=False),
        if_not_exists=True,
    )
    op.create_table(
        "audit_answers",
        sa.Column("number", count, primary_key=True),
        sa.Column("run_id", sa.Text, nullable=False),
        sa.Column("position", count, nullable=False),
        sa.Column("who", sa.Text, nullable=False),
        sa.Column("is_wrong", sa.Integer, nullable=False),
        sa.Column("true_label", sa.Text, nullable=False),
        sa.Column("added_at", sa.Text, nullable=False),
        if_not_exists=True,
    )
