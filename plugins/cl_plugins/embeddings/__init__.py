"""Rows turned into vectors by a network that the user gives."""
