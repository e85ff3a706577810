"""Acme's plugins for labelgate."""
