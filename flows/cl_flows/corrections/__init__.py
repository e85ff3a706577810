"""What people decided about single labels, laid over the loaded data set by id."""
