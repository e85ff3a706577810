"""Who is owed a word about which run, which folders were removed, and an index to look runs up by."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Add what is missing: some databases had `tellings` before there were versions."""
    names = ["dataset", "status", "finished_at", "outcome", "problem"]
    op.create_table(
        "tellings",
        sa.Column("run_id", sa.Text, primary_key=True),
        sa.Column("destination", sa.Text, primary_key=True),
        *(sa.Column(name, sa.Text, nullable=False) for name in names[:3]),
        sa.Column("settled_at", sa.Text),
        *(sa.Column(name, sa.Text, nullable=False) for name in names[3:]),
        if_not_exists=True,
    )
    op.create_table(
        "prunings",
        sa.Column("run_id", sa.Text, primary_key=True),
        sa.Column("pruned_at", sa.Text, nullable=False),
        sa.Column("freed_bytes", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
    )
    op.create_index("runs_by_dataset", "runs", ["dataset", "started_at"])
