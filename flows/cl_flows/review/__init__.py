"""People see the suspects, decide, and the data get better."""
