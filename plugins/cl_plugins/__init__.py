"""Loaders, model backends and publishers that come with labelgate, through the authors' own door."""
