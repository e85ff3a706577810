"""The backend ``http``: a model that answers over HTTP. Nothing re-exported: `predict` is the door."""
