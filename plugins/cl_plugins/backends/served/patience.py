"""When to ask a server again and after how long. No requests."""

import random
import time
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime

import httpx

# What a server says when it is busy or restarting; anything else will be the same the next time.
PASSING = frozenset({429, 502, 503, 504})

_FIRST_WAIT_S, _LONGEST_WAIT_S = 0.5, 30.0


@dataclass(slots=True)
class Deadline:
    """A point in time after which nothing is started or waited for."""

    seconds: float
    _end: float = field(init=False)

    def __post_init__(self) -> None:
        self._end = time.monotonic() + self.seconds

    def left(self) -> float:
        """Seconds that are left, 0 or more."""
        return max(0.0, self._end - time.monotonic())


def is_distrusted(error: httpx.HTTPError) -> bool:
    """Whether nobody vouches for the server's certificate."""
    return "CERTIFICATE_VERIFY_FAILED" in str(error)


def is_passing(error: httpx.HTTPError) -> bool:
    """Whether the same request may succeed later: a broken connection, not a wrong certificate."""
    return not is_distrusted(error) and isinstance(
        error, httpx.TimeoutException | httpx.NetworkError | httpx.RemoteProtocolError
    )


def wait_s(tries: int, retry_after: str | None) -> float:
    """Seconds to wait before the next try, after `tries` of them failed (1 or more).

    The server's own word (seconds or a date) counts; else the wait doubles from half a second to half
    a minute, and half of it is drawn by lot so that many clients do not come back together.
    """
    if retry_after is not None and (told := _told(retry_after)) is not None:
        return told
    most = min(_LONGEST_WAIT_S, _FIRST_WAIT_S * 2.0 ** (tries - 1))
    return most * random.uniform(0.5, 1.0)  # noqa: S311 - spreads load, hides nothing


def _told(retry_after: str) -> float | None:
    try:
        return max(0.0, float(retry_after))
    except ValueError:
        pass
    try:
        return max(0.0, parsedate_to_datetime(retry_after).timestamp() - time.time())
    except ValueError:
        return None
