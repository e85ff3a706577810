"""Great Expectations in a process of its own, warm before it is asked. No expectations here.

Importing Great Expectations takes seconds of processor time and holds the interpreter's lock. So the
gate starts this process first, fits the model meanwhile, and asks when the scored table is written.
"""

import contextlib
import json
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Sequence
from dataclasses import asdict
from queue import Empty, SimpleQueue
from types import TracebackType
from typing import IO, Any, NoReturn, Self

import pandas as pd

from cl_checks.gx.child import search_path
from cl_checks.gx.own_suite import SuiteRequest, validate_own
from cl_checks.gx.scored import ValidationRequest, validate_request, validate_scored
from cl_core.errors import ConfigError, GateError, InputError, LabelgateError

# Of what the process wrote on stderr, as much as fits on a screen.
_LAST_LINES = 15

# A process that was told to end gets this long before it is killed; it holds nothing worth saving.
_GRACE_S = 2.0

_HINT = "there is no verdict without its answer; run again, or switch Great Expectations off"

# -P: a folder in the working directory that is called like a library must not be imported in its place.
_COMMAND = [sys.executable, "-P", "-W", "ignore", "-m", "cl_checks.gx.process"]


class ExpectationsProcess:
    """A helper process that answers validation requests.

    Examples
    --------
    Start it, work on something else, then ask::

        with ExpectationsProcess() as expectations:
            ...  # fit, predict, score, judge
            document = expectations.validate(request, timeout_s=120)

    The process ends with the block, and with its parent however that dies. It answers one request
    at a time.

    Parameters
    ----------
    command
        What to run instead of Great Expectations; it must keep to the same protocol.
    """

    def __init__(self, command: Sequence[str] | None = None) -> None:
        self._command = list(command) if command else _COMMAND
        self._process: subprocess.Popen[bytes] | None = None
        self._lines: SimpleQueue[bytes | None] = SimpleQueue()
        self._reader: threading.Thread | None = None
        self._errors: IO[bytes] | None = None

    def start(self) -> None:
        """Start the process and return at once; starting a running one does nothing."""
        if self._process is not None:
            return
        self._lines = SimpleQueue()
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 - closed by close()
        try:
            self._process = subprocess.Popen(  # noqa: S603 - our own command, no shell
                self._command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._errors,
                env=_environment(),
            )
        except OSError as error:
            self.close()
            raise GateError(
                f"the Great Expectations process could not be started: {error}",
                hint=f"is {self._command[0]!r} a Python interpreter? else validate in this process",
            ) from error
        self._reader = threading.Thread(target=self._read, args=(self._process.stdout,), daemon=True)
        self._reader.start()

    def validate(self, request: ValidationRequest | SuiteRequest, timeout_s: float) -> dict[str, Any]:
        """Ask for one validation and wait for the document.

        Parameters
        ----------
        request
            The scored table and the limits, or a person's own suite and their table.
        timeout_s
            Longest wait, in seconds, for the warming up and the answer together.

        Returns
        -------
        dict
            The document of `validate_scored`, or of `cl_checks.gx.own_suite.validate_own`.

        Raises
        ------
        GateError
            When the process crashes, takes too long or answers something else: it is stopped, and the
            next request starts a fresh one. Also when it answers that it cannot validate.
        """
        self.start()
        assert self._process is not None  # noqa: S101 - start() sets it
        assert self._process.stdin is not None  # noqa: S101 - it was opened as a pipe
        try:
            self._process.stdin.write(json.dumps(asdict(request)).encode() + b"\n")
            self._process.stdin.flush()
            line = self._lines.get(timeout=timeout_s)
        except OSError as error:
            self._fail(f"ended before it was asked ({error})")
        except Empty:
            self._process.kill()
            self._fail(f"gave no answer within {timeout_s:g} s")
        if line is None:
            self._fail("ended without an answer")
        return self._document(line, request)

    def close(self) -> None:
        """End the process and wait for it; closing twice does nothing."""
        process, self._process = self._process, None
        if process is not None:
            _end(process)
        if self._reader is not None:
            self._reader.join()
            self._reader = None
        if process is not None and process.stdout is not None:
            process.stdout.close()
        if self._errors is not None:
            self._errors.close()
            self._errors = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _read(self, stream: IO[bytes]) -> None:
        with contextlib.suppress(OSError, ValueError):  # closed under our hands: the end, too
            for line in stream:
                self._lines.put(line)
        self._lines.put(None)

    def _document(self, line: bytes, request: ValidationRequest | SuiteRequest) -> dict[str, Any]:
        try:
            answer = json.loads(line)
        except ValueError:
            answer = None
        if not isinstance(answer, dict) or len(answer) != 1:
            self._fail(f"answered something else than a document: {line[:200]!r}")
        if "refused" in answer:
            raise _refusal(answer["refused"])
        if "error" in answer:
            raise GateError(
                f"the Great Expectations process could not validate: {answer['error']}", hint=_HINT
            )
        document = answer.get("document")
        if not isinstance(document, dict) or document.get("run_name") != request.run_name:
            self._fail(f"answered about something else than run {request.run_name!r}: {line[:200]!r}")
        return document

    def _fail(self, did: str) -> NoReturn:
        """Stop the process and say what happened, with the last lines it wrote on stderr."""
        if self._process is not None:
            _end(self._process)
        said = ""
        if self._errors is not None:
            self._errors.seek(0)
            said = "\n".join(self._errors.read().decode(errors="replace").splitlines()[-_LAST_LINES:])
        self.close()
        raise GateError(
            f"the Great Expectations process {did}" + (f"; its last lines:\n{said}" if said else ""),
            hint=_HINT,
        )


def _end(process: "subprocess.Popen[bytes]") -> None:
    """Ask the process to end by closing its stdin, kill it when it does not, and reap it."""
    with contextlib.suppress(OSError):  # a request it never read is still in the pipe
        if process.stdin is not None:
            process.stdin.close()
    try:
        process.wait(_GRACE_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _refusal(refused: Any) -> LabelgateError:
    """Build the very error that the process raised on purpose."""
    kinds: dict[str, type[LabelgateError]] = {"ConfigError": ConfigError, "InputError": InputError}
    kind = kinds.get(refused["kind"], GateError)
    return kind(refused["message"], hint=refused["hint"])


def _environment() -> dict[str, str]:
    """Make the child find the very packages that we run on, and keep Great Expectations quiet."""
    return {
        **os.environ,
        "PYTHONPATH": search_path(),
        "GX_ANALYTICS_ENABLED": "false",
        "PYTHONWARNINGS": "ignore",
        # The other core is fitting a model.
        "OMP_NUM_THREADS": "1",
    }


def main() -> None:
    """Answer requests from stdin on stdout, one JSON line each, until stdin ends."""
    # Whatever Great Expectations or a library prints must not be read as an answer.
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    requests: SimpleQueue[bytes] = SimpleQueue()
    threading.Thread(target=_listen, args=(requests,), daemon=True).start()
    _warm_up()
    while True:
        answers.write(json.dumps(_answer(requests.get())).encode() + b"\n")
        answers.flush()


def _listen(requests: "SimpleQueue[bytes]") -> None:
    for line in sys.stdin.buffer:
        requests.put(line)
    # The parent is done or dead: leave at once, even in the middle of an import.
    os._exit(0)


def _warm_up() -> None:
    """Import Great Expectations and run it once over one row, so that the first request is quick."""
    columns = {
        "id": [0],
        "given_label": ["a"],
        "suggested_label": ["a"],
        "label_quality": [1.0],
        "is_label_issue": [False],
    }
    validate_scored(pd.DataFrame(columns), noise_rate=0.0, max_noise_rate=1.0, min_rows=1, run_name="warm-up")


def _answer(line: bytes) -> dict[str, Any]:
    try:
        asked = json.loads(line)
        if "suite" in asked:
            return {"document": validate_own(SuiteRequest(**asked))}
        return {"document": validate_request(ValidationRequest(**asked))}
    except LabelgateError as error:
        return {"refused": {"kind": type(error).__name__, "message": str(error), "hint": error.hint}}
    except Exception as error:  # noqa: BLE001 - the parent raises it as a GateError
        return {"error": f"{type(error).__name__}: {error}"}


if __name__ == "__main__":
    main()
