"""The errors labelgate raises on purpose: one class for each reaction of the caller. No formatting."""


class LabelgateError(Exception):
    """Base class; the message says what came and what was wanted, `hint` says what to do next."""

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint


class InputError(LabelgateError, ValueError):
    """The data handed in cannot mean what the caller thinks it means."""


class ConfigError(LabelgateError, ValueError):
    """The configuration, or a name in it, is not one that labelgate can act on."""


class PluginError(LabelgateError, RuntimeError):
    """A plugin crashed or broke its contract; names the plugin and the distribution it came from."""


class GateError(LabelgateError, RuntimeError):
    """The gate could not reach a verdict it would stand for; this is never a pass."""
