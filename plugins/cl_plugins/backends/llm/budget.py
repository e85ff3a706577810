"""What a run may spend and has spent: requests, tokens, money. No requests."""

import threading
from dataclasses import dataclass

from cl_core.errors import ConfigError

_MILLION = 1_000_000
# English takes about four bytes a token; other scripts take fewer. Until the server has counted, a
# question is taken to be as long as three bytes a token make it.
_BYTES_PER_TOKEN = 3.0


@dataclass(frozen=True, slots=True)
class Limits:
    """What a run may spend; None for no limit. Prices are for a million tokens."""

    max_requests: int | None = None
    max_tokens: int | None = None
    max_cost: float | None = None
    price_in: float | None = None
    price_out: float | None = None

    def cost(self, tokens_in: float, tokens_out: float) -> float:
        """Return what that many tokens cost; 0 where no prices are known."""
        return (tokens_in * (self.price_in or 0.0) + tokens_out * (self.price_out or 0.0)) / _MILLION

    @property
    def has_prices(self) -> bool:
        """Whether costs mean anything."""
        return self.price_in is not None and self.price_out is not None


class Budget:
    """Counts what is spent. A request is paid for in advance at its likely size, and settled afterwards.

    So requests that run at the same time cannot pass a limit together; the limit can be missed only by as
    much as the sizes of those under way were guessed too small.
    """

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.requests = self.tokens_in = self.tokens_out = 0
        self.guessed = 0  # answers whose tokens the server did not count
        self._held_in = self._held_out = 0
        self._tokens_per_byte: float | None = None  # the most that the server counted so far
        self._lock = threading.Lock()

    def tokens(self, size: int) -> int:
        """Return how many tokens a question of `size` bytes is likely to have."""
        return int(size * (self._tokens_per_byte or 1 / _BYTES_PER_TOKEN)) + 1

    def hold(self, size: int, answer_tokens: int) -> int:
        """Set aside what a question of `size` bytes may cost; return its tokens.

        Raises
        ------
        ConfigError
            Where a limit would be passed.
        """
        with self._lock:
            tokens = self.tokens(size)
            total_in = self.tokens_in + self._held_in + tokens
            total_out = self.tokens_out + self._held_out + answer_tokens
            limits = self.limits
            passed = [
                f"{name} ({most:g})"
                for name, most, would in (
                    ("max_requests", limits.max_requests, self.requests + 1),
                    ("max_tokens_total", limits.max_tokens, total_in + total_out),
                    ("max_cost", limits.max_cost, limits.cost(total_in, total_out)),
                )
                if most is not None and would > most
            ]
            if passed:
                raise ConfigError(
                    f"the next request would pass {' and '.join(passed)}",
                    hint=f"raise {passed[0].split()[0]} and run again: only the rest is asked",
                )
            self.requests += 1
            self._held_in += tokens
            self._held_out += answer_tokens
            return tokens

    def settle(
        self, held: int, answer_tokens: int, size: int, counted: tuple[int | None, int | None]
    ) -> None:
        """Replace what was set aside by what the server counted, or by the guess where it counted nothing."""
        with self._lock:
            self._held_in -= held
            self._held_out -= answer_tokens
            tokens_in, tokens_out = counted
            self.guessed += tokens_in is None
            self.tokens_in += held if tokens_in is None else tokens_in
            self.tokens_out += answer_tokens if tokens_out is None else tokens_out
            if tokens_in is not None and size:
                self._tokens_per_byte = max(self._tokens_per_byte or 0.0, tokens_in / size)

    def release(self, held: int, answer_tokens: int) -> None:
        """Give back what was set aside for a request that got no answer."""
        with self._lock:
            self._held_in -= held
            self._held_out -= answer_tokens

    def spent(self) -> str:
        """Say what was spent, in a few words."""
        counted = f"{self.requests:,} requests, {self.tokens_in:,} tokens in, {self.tokens_out:,} out"
        if not self.limits.has_prices:
            return counted
        return f"{counted}, cost {self.limits.cost(self.tokens_in, self.tokens_out):.4f}"
