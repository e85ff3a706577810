"""Many gates side by side, each in a process of its own: one bad one does not stop the others."""
