"""Files that people send, kept on disk until they confirm what would come of them. Reads none of them."""

import secrets
import shutil
import threading
import weakref
from collections import OrderedDict
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from tempfile import mkdtemp

from starlette.requests import Request

from cl_flows.review.web.guard import Refused

# Read as JSON a file takes some ten times its size: larger ones go in by the command line.
MOST_BYTES = 30_000_000
_MOST_KEPT = 10
_MOST_AT_ONCE = 4


@dataclass(frozen=True, slots=True)
class Upload:
    """A file of one person about one run: `kind` is the tool that wrote it."""

    id: str
    run_id: str
    who: str
    kind: str
    path: Path


class Uploads:
    """The files of one server: the newest ten, each forgotten with it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: OrderedDict[str, Upload] = OrderedDict()
        self._arriving = 0
        self.reading = threading.RLock()

    @cached_property
    def folder(self) -> Path:
        """Where they lie: made for the first one, removed with the server."""
        folder = mkdtemp(prefix="labelgate-uploads-")
        weakref.finalize(self, shutil.rmtree, folder, ignore_errors=True)
        return Path(folder)

    async def receive(self, request: Request, run_id: str, who: str, kind: str) -> Upload:
        """Write the body of a request to a file, bounded; nothing of one that is refused stays."""
        name = secrets.token_hex(16)
        upload = Upload(name, run_id, who, kind, self.folder / name / "answers.json")
        if self._arriving >= _MOST_AT_ONCE:
            raise Refused(503, "other files are arriving", "try again in a minute")
        self._arriving += 1
        upload.path.parent.mkdir()
        try:
            await _write(request, upload.path)
        except BaseException:
            shutil.rmtree(upload.path.parent)
            raise
        finally:
            self._arriving -= 1
        with self._lock:
            self._kept[name] = upload
            old = [self._kept.popitem(last=False)[1] for _ in range(len(self._kept) - _MOST_KEPT)]
        for one in old:
            self.forget(one)
        return upload

    def forget(self, upload: Upload) -> None:
        """Remove a file."""
        with self._lock:
            self._kept.pop(upload.id, None)
        shutil.rmtree(upload.path.parent, ignore_errors=True)

    def find(self, name: str, run_id: str, who: str) -> Upload:
        """Return a file by its name, to the person who sent it only."""
        with self._lock:
            found = self._kept.get(name)
        if found is None or (found.run_id, found.who) != (run_id, who):
            raise Refused(404, "there is no such file of yours any more", "send it again")
        return found


async def _write(request: Request, path: Path) -> None:
    size = 0
    with path.open("xb") as file:
        async for part in request.stream():
            size += len(part)
            if size > MOST_BYTES:
                raise Refused(
                    413,
                    f"the file has more than {MOST_BYTES:,} bytes",
                    "take it in by the command line: labelgate corrections import",
                )
            file.write(part)
    if not size:
        raise Refused(400, "the file is empty", "choose the file with the answers")
