"""Gates on a clock with everything around them going wrong, and what the records say afterwards."""
