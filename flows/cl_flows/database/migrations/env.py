"""Runs migrations on the connection, and in the transaction, that labelgate hands over."""

from alembic import context

from cl_flows.database.schema import VERSION_TABLE

context.configure(connection=context.config.attributes["connection"], version_table=VERSION_TABLE)
context.run_migrations()
