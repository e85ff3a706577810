"""What the shell is told: one stable number an outcome. No behaviour."""

from enum import IntEnum


class ExitCode(IntEnum):
    """Exit codes of every labelgate command."""

    PASSED = 0
    CRASHED = 1  # Python's own code for an uncaught exception
    BAD_INPUT = 2  # click's own code for bad usage
    GATE_FAILED = 3
    UNDECIDED = 4
