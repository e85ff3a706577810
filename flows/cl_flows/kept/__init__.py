"""What a run leaves for later: its rows, its configuration, and what review needs of its figures."""

from cl_flows.kept.config import config_of, kept_rows_config, loading_config
from cl_flows.kept.run import KeptRun, open_kept

__all__ = ["KeptRun", "config_of", "kept_rows_config", "loading_config", "open_kept"]
