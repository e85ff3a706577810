"""One file a version of the schema; what has been released never changes."""
