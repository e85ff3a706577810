"""What a finished gate measured, as numbers that monitoring systems read."""
