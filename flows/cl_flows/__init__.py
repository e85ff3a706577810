"""Prefect flows, configuration, history, reports and the command line."""
