"""Types of the checks' options. What a check does with them is said in the check."""

from typing import Annotated, Any, TypeAlias

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field


def _refuse_bool(value: Any) -> Any:
    # Pydantic reads `true` as 1.0: a limit of 100 % that nothing can break.
    if isinstance(value, bool):
        raise ValueError("wanted a number, got true or false")  # noqa: TRY004 - pydantic's protocol
    return value


# Share of a whole; NaN and infinities are refused because no comparison with them is ever true.
Share: TypeAlias = Annotated[float, BeforeValidator(_refuse_bool), Field(ge=0, le=1, allow_inf_nan=False)]
Count: TypeAlias = Annotated[int, BeforeValidator(_refuse_bool), Field(ge=0)]


class Options(BaseModel):
    """What every check's options have in common: nothing unknown passes, nothing changes later."""

    model_config = ConfigDict(frozen=True, extra="forbid")
