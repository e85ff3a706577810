"""The corrected data set, in the form the data came in."""

from cl_flows.review.export.corrected import Exported, export_corrected

__all__ = ["Exported", "export_corrected"]
