"""What is wrong with an installation, found by looking; nothing is repaired here."""

from cl_flows.doctor.examine import examine
from cl_flows.doctor.finding import Finding, Level

__all__ = ["Finding", "Level", "examine"]
