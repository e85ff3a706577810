"""Built-in publishers."""
