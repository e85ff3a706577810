"""A finished run in the languages of other tools: JSON, JUnit XML, SARIF, GitHub annotations."""

from cl_flows.formats.told import FORMATS, Told, render

__all__ = ["FORMATS", "Told", "render"]
