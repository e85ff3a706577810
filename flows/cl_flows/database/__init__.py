"""The history database: tables, views, migrations and connections. What they mean is in the modules above."""
