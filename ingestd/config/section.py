"""What every section of the file is: frozen, and closed to keys it does not know."""

from typing import Any

from pydantic import BaseModel, ConfigDict


def refuse(value: Any, remedy: str) -> None:
    """Refuse any value but the empty one, because what it asks for does not exist yet."""
    if value:
        raise ValueError(f"is not built yet; {remedy}")


class Section(BaseModel):
    """A table of the file."""

    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=True)
