"""Which flow run a run folder belongs to: one that is started again finds its own. Files only."""

import json
import os
import secrets
import time
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

_CLAIM = ".claim"
# A flow run that was killed is started again by people or automations within a day, or not at all.
KEPT_S = 86_400.0


@dataclass(frozen=True, slots=True)
class Claim:
    """A flow run's word that a run folder is its own.

    Attributes
    ----------
    run_id, owner
        The run, and the flow run that began it.
    started
        When it began, ISO 8601.
    until
        Seconds since 1970 after which nobody comes back for what the run left.
    pauses
        How often it was suspended for people; 0 for never.
    answers_until
        Seconds since 1970 until which it waits for them.
    fingerprint, max_noise_rate
        The content of the data, and the limit that people's answers are held against.
    results
        The `GateResult` of each verdict that was about to be recorded, by status: history says which was.
    """

    run_id: str
    owner: str
    started: str
    until: float
    pauses: int = 0
    answers_until: float = 0.0
    fingerprint: str = ""
    max_noise_rate: float = 0.0
    results: dict[str, dict[str, Any]] = field(default_factory=dict)

    @property
    def is_waiting(self) -> bool:
        """Whether people are to answer."""
        return self.pauses > 0

    @property
    def is_overdue(self) -> bool:
        """Whether people were waited for in vain."""
        return self.is_waiting and self.answers_until <= time.time()


def new_claim(run_id: str, owner: str) -> Claim:
    """Claim a run that begins now."""
    return Claim(run_id, owner, datetime.now(UTC).isoformat(), time.time() + KEPT_S)


def claim_file(output: Path, run_id: str) -> Path:
    """Return where the claim on a run lies, whether or not there is one."""
    return output / f".{run_id}{_CLAIM}"


def read_claim(output: Path, run_id: str) -> Claim | None:
    """Return the claim on a run, or None."""
    try:
        return Claim(**json.loads(claim_file(output, run_id).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):  # none, or not one of ours: nobody's
        return None


def write_claim(output: Path, claim: Claim) -> None:
    """Put a claim down by one rename."""
    path = claim_file(output, claim.run_id)
    beside = path.with_name(f"{path.name}-{secrets.token_hex(4)}")
    beside.write_text(json.dumps(asdict(claim)), encoding="utf-8")
    os.replace(beside, path)  # noqa: PTH105 - Path.replace hides that this is atomic


def change_claim(output: Path, run_id: str, **changes: Any) -> None:
    """Change the claim on a run; does nothing where there is none."""
    known = read_claim(output, run_id)
    if known is not None:
        write_claim(output, replace(known, **changes))


def note_result(output: Path, run_id: str, result: dict[str, Any]) -> None:
    """Put down the result that is about to be recorded, where the run is claimed."""
    known = read_claim(output, run_id)
    if known is not None:
        change_claim(output, run_id, results={**known.results, result["status"]: result})


def drop_claim(output: Path, run_id: str) -> None:
    """Give the run up."""
    with suppress(OSError):
        claim_file(output, run_id).unlink()


def all_claims(output: Path) -> list[Claim]:
    """Return every claim in a results folder, newest run first."""
    names = sorted((path.name for path in output.glob(f".*{_CLAIM}")), reverse=True)
    found = (read_claim(output, name[1:].removesuffix(_CLAIM)) for name in names)
    return [claim for claim in found if claim is not None]


def is_kept(output: Path, run_id: str) -> bool:
    """Whether somebody may come back for what a run left."""
    known = read_claim(output, run_id)
    return known is not None and known.until > time.time()
