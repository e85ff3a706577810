"""Figures of every run and acceptances by hand, which later runs are measured by."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Make what is missing: this schema had no version on record either."""
    op.create_table(
        "figures",
        sa.Column("run_id", sa.Text, primary_key=True),
        sa.Column("accepted", sa.Integer, nullable=False),
        sa.Column("figures", sa.Text, nullable=False),
        if_not_exists=True,
    )
    op.create_table(
        "acceptances",
        sa.Column("number", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), primary_key=True),
        sa.Column("run_id", sa.Text, nullable=False),
        sa.Column("who", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("accepted_at", sa.Text, nullable=False),
        if_not_exists=True,
    )
