"""The command line: people on standard error, machines on standard output, one number for the shell."""

from cl_flows.cli.main import main

__all__ = ["main"]
