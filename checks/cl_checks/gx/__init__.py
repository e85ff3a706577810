"""All that Great Expectations has to do with the gate. Importing this package imports none of it."""
