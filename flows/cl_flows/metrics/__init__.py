"""Metrics of the newest runs in history, for people's monitoring."""
