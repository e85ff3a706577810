"""Functions known by name and imported when first called, so that offering a plugin costs nothing."""

from dataclasses import dataclass
from importlib import import_module
from typing import Any


@dataclass(frozen=True, slots=True)
class Later:
    """Stands for ``module.function``; may be pickled, compared and called like the function itself."""

    module: str
    function: str

    def __call__(self, *arguments: Any) -> Any:
        """Import the module, at the first call only, and call the function."""
        return getattr(import_module(self.module), self.function)(*arguments)
