"""What people decided about rows: a table that is only ever added to."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Make the table and the indexes it is read by."""
    count = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "decisions",
        sa.Column("number", count, primary_key=True),
        sa.Column("decision_id", sa.Text, nullable=False),
        sa.Column("step", sa.Text, nullable=False),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("fingerprint", "run_id", "dataset")),
        sa.Column("position", count, nullable=False),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("row_id", "given_label", "action", "label")),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("who", "note", "origin")),
        sa.Column("blind", sa.Integer, nullable=False),
        sa.Column("decided_at", sa.Text, nullable=False),
        sa.Column("undoes", count),
    )
    op.create_index("decisions_by_id", "decisions", ["decision_id"], unique=True)
    op.create_index("decisions_by_content", "decisions", ["fingerprint", "number"])
    op.create_index("decisions_by_dataset", "decisions", ["dataset", "number"])
