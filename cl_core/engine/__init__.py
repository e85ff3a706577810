"""Sweeps over blocks of probabilities, with results that no block size or worker count can change."""
