"""The backend ``llm``: a chat model as labeller. Nothing re-exported: `predict` is the door."""
