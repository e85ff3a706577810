"""The gate's policy: checks, verdicts and the Great Expectations run beside them."""
