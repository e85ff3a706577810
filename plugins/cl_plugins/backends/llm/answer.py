"""An answer of the model as it is kept and read: its text and the alternatives to each token. No reading."""

import json
from dataclasses import asdict, dataclass
from typing import Self, TypeAlias

from cl_core.errors import InputError

# The token that was chosen, and tokens with their log-probabilities, the chosen one among them.
Position: TypeAlias = tuple[str, tuple[tuple[str, float], ...]]


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back for one question.

    Attributes
    ----------
    content
        The text of the answer; empty where the model refused or a filter cut it.
    positions
        Token by token, the alternatives; empty where the server gives none.
    tokens_in, tokens_out
        Tokens of question and answer by the server's count, or None.
    """

    content: str
    positions: tuple[Position, ...] = ()
    tokens_in: int | None = None
    tokens_out: int | None = None

    def to_json(self) -> str:
        """Write the answer down."""
        return json.dumps(asdict(self), ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Read an answer that `to_json` wrote."""
        try:
            raw = json.loads(text)
            positions = tuple(
                (str(chosen), tuple((str(token), float(log)) for token, log in top))
                for chosen, top in raw.pop("positions")
            )
            return cls(positions=positions, **raw)
        except (ValueError, TypeError, LookupError, AttributeError):
            raise InputError(
                "the file of kept answers holds one that cannot be read",
                hint="delete the file named by `cache_path`",
            ) from None
