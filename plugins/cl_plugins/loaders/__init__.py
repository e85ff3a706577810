"""Built-in data set loaders."""
