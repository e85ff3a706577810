"""Runs that judge an earlier run again, or data of the past: of which, and when that was measured."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Add the table."""
    op.create_table(
        "origins",
        sa.Column("run_id", sa.Text, primary_key=True),
        sa.Column("rejudges", sa.Text),
        sa.Column("as_of", sa.Text),
        sa.Column("measured_at", sa.Text, nullable=False),
    )
