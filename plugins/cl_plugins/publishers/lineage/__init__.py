"""A finished gate as OpenLineage events."""
