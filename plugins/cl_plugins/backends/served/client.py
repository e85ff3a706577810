"""One JSON request to a server that may be busy, slow or broken. Knows no protocol and no data."""

import json
import threading
from types import TracebackType
from typing import Any, NoReturn, Self
from urllib.parse import parse_qsl, urlsplit

import httpx

from cl_core.errors import ConfigError, PluginError
from cl_plugins.backends.served.options import ServerOptions
from cl_plugins.backends.served.patience import PASSING, Deadline, is_distrusted, is_passing, wait_s
from cl_plugins.backends.served.secrets import excerpt, masked, shown

_MOST_REDIRECTS = 3
_MEGABYTE = 1_000_000


class Client:
    """Sends JSON and returns JSON; safe to call from several threads.

    Passing failures are tried again, within the limits of `options`. Nothing that is sent leaves the
    host of its address: a redirect to another one is an error.
    """

    def __init__(self, options: ServerOptions, address: str) -> None:
        headers = {name: value.get_secret_value() for name, value in options.headers.items()}
        if options.token is not None:
            headers["Authorization"] = f"Bearer {options.token.get_secret_value()}"
        self._options = options
        query = [value for _, value in parse_qsl(urlsplit(address).query)]
        token = [options.token.get_secret_value()] if options.token else []
        self.secrets = (*headers.values(), *token, *query)
        self._deadline = Deadline(options.time_limit_s)
        self._stopped = threading.Event()
        limits = httpx.Limits(max_connections=options.concurrency)
        # The HTTP library would quote the value, and the secret with it.
        if not all(value.isascii() and value.isprintable() for value in headers.values()):
            raise ConfigError(
                "`token` or `headers` hold a character that no HTTP header may hold",
                hint="look for line ends and letters with accents in the environment variable",
            )
        self._http = httpx.Client(
            headers={"Accept": "application/json", **headers}, verify=options.verify_tls, limits=limits
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stopped.set()
        self._http.close()

    def get(self, url: str) -> tuple[int, Any]:
        """Return status and JSON (None where the body is empty or no JSON) for any status that stays."""
        status, body = self._ask("GET", url, None)
        try:
            return status, json.loads(body)
        except ValueError:
            return status, None

    def post(self, url: str, body: Any) -> Any:
        """Send `body` and return the JSON of the answer.

        Raises
        ------
        ConfigError
            For 3xx and 4xx: the address, the secret or the shape of the request is wrong.
        PluginError
            For a server that stays away or fails, and for an answer that is no JSON.
        """
        try:
            content = json.dumps(body, allow_nan=False).encode()
        except ValueError as error:
            raise ConfigError(
                f"the request holds what JSON cannot say: {error}", hint="look at `request` of the backend"
            ) from None
        status, answer = self._ask("POST", url, content)
        if status >= httpx.codes.BAD_REQUEST:
            self.refuse(url, status, answer)
        try:
            return json.loads(answer)
        except ValueError:
            raise PluginError(
                f"{shown(url)} answered with something else than JSON: {self.excerpt(answer)!r}",
                hint="check that `url` is the model's address and not that of a web page",
            ) from None

    def excerpt(self, answer: Any) -> str:
        """Return the beginning of an answer, fit to be shown."""
        text = answer if isinstance(answer, str) else json.dumps(answer)
        return excerpt(text, self.secrets)

    def stop(self) -> None:
        """Let no thread wait for another try."""
        self._stopped.set()

    def _ask(self, method: str, url: str, content: bytes | None) -> tuple[int, str]:
        tries = 0
        while True:
            tries += 1
            retry_after = None
            try:
                response, text = self._send(method, url, content)
            except httpx.HTTPError as error:
                said = self._passing(url, error, tries)
            else:
                if response.status_code not in PASSING:
                    return response.status_code, text
                said = f"status {response.status_code}: {self.excerpt(text)!r}"
                retry_after = response.headers.get("retry-after")
            wait = wait_s(tries, retry_after)
            if tries > self._options.retries:
                self._gave_up(url, said, tries)
            if wait >= self._deadline.left():
                late = f"{said}; the next try is due in {wait:.0f} seconds, after the end of time_limit_s"
                self._gave_up(url, late, tries)
            if self._stopped.wait(wait):
                self._gave_up(url, said, tries)

    def _passing(self, url: str, error: httpx.HTTPError, tries: int) -> str:
        """Return what a passing failure says; raise for any other."""
        said = f"{type(error).__name__}: {masked(str(error), self.secrets)}"
        if is_distrusted(error):
            raise ConfigError(
                f"{shown(url)} shows a certificate that nobody vouches for: {said}",
                hint="name your authority's certificates in SSL_CERT_FILE, or set verify_tls: false",
            ) from None
        if not is_passing(error):
            self._gave_up(url, said, tries)
        return said

    def _send(self, method: str, url: str, content: bytes | None) -> tuple[httpx.Response, str]:
        """One request, with redirects on the same host followed."""
        at = httpx.URL(url)
        for _ in range(_MOST_REDIRECTS):
            response, text = self._stream(method, at, content)
            if not response.has_redirect_location:
                return response, text
            to = at.join(response.headers["location"])
            same = (to.scheme, to.host, to.port) == (at.scheme, at.host, at.port)
            keeps_body = response.status_code in (307, 308) or content is None
            if not same or not keeps_body:
                raise ConfigError(
                    f"{shown(url)} redirects ({response.status_code}) to {shown(str(to))}",
                    hint="data go to no other address than the one you name: put the final one in `url`",
                )
            at = to
        raise ConfigError(f"{shown(url)} redirects in circles", hint="put the final address in `url`")

    def _stream(self, method: str, url: httpx.URL, content: bytes | None) -> tuple[httpx.Response, str]:
        """Read an answer piece by piece, so that neither its size nor its slowness is without limit."""
        if not self._deadline.left():
            self._gave_up(str(url), f"all of time_limit_s ({self._options.time_limit_s:g} s) is used up", 0)
        most = self._options.max_response_mb * _MEGABYTE
        allowed = Deadline(min(self._options.timeout_s, self._deadline.left()))
        headers = {"Content-Type": "application/json"} if content is not None else {}
        pieces, size = [], 0
        with self._http.stream(
            method, url, content=content, headers=headers, timeout=max(allowed.left(), 0.001)
        ) as response:
            for piece in response.iter_bytes():
                pieces.append(piece)
                size += len(piece)
                if size > most:
                    raise PluginError(
                        f"{shown(str(url))} sent more than {self._options.max_response_mb:g} MB",
                        hint="set batch_size lower, or max_response_mb higher",
                    )
                if not allowed.left():
                    raise httpx.ReadTimeout("the answer took too long", request=response.request)
        return response, b"".join(pieces).decode("utf-8", errors="replace")

    def _gave_up(self, url: str, said: str, tries: int) -> NoReturn:
        after = f" after {tries} tries" if tries > 1 else ""
        raise PluginError(
            f"{shown(url)} gave no answer{after}: {said}",
            hint="see that the server runs and keeps up: fewer at once (concurrency), smaller requests "
            "(batch_size), more patience (retries, timeout_s, time_limit_s)",
        )

    def refuse(self, url: str, status: int, answer: Any) -> NoReturn:
        """Raise the error for an answer with a status of 3xx, 4xx or 5xx."""
        message = f"{shown(url)} answered with status {status}: {self.excerpt(answer)!r}"
        match status:
            case 401 | 403:
                raise ConfigError(message, hint="check `token` or `headers`")
            case 404 | 405:
                raise ConfigError(message, hint="check `url`, `protocol`, `model` and `version`")
            case _ if status < httpx.codes.INTERNAL_SERVER_ERROR:
                raise ConfigError(
                    message, hint="check what the model takes: names, shapes and types of inputs"
                )
            case _:
                raise PluginError(message, hint="see the server's log")
