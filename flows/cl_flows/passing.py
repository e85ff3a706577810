"""Which errors pass by themselves: worth another try, unlike bad data or a failed gate. No retrying."""

import errno

# Reasons of the operating system that a second try may not meet again.
_PASSING_ERRNO = frozenset(
    {
        errno.EAGAIN,
        errno.EINTR,
        errno.ETIMEDOUT,
        errno.EHOSTUNREACH,
        errno.ENETUNREACH,
        errno.ENETDOWN,
        errno.EIO,
    }
)


def is_passing(error: BaseException | None) -> bool:
    """Whether `error`, or what caused it, is a time-out, a broken connection or a busy resource."""
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        if isinstance(error, ConnectionError | TimeoutError):
            return True
        if isinstance(error, OSError) and error.errno in _PASSING_ERRNO:
            return True
        seen.add(id(error))
        error = error.__cause__ or error.__context__
    return False
