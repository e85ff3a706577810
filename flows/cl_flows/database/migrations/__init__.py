"""From each schema of history to the next, by Alembic."""
