"""What each measure is: name, unit, window, definition. One data file, policies/definitions.yaml."""

from functools import cache
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from services.profile.measuring.policy import document


class Definition(BaseModel):
    """One measure. `window_days` end on `as_of` and include it; null where there is no window."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    dimension: Literal["assets", "activity", "need", "life_cycle"]
    zh: str
    unit: str
    window_days: int | None = Field(ge=1)
    definition: str


@cache
def definitions() -> tuple[Definition, ...]:
    """All measures in the order of the file. Raises pydantic's ValidationError for a file that says too little or too much."""
    measures = document("definitions.yaml")["measures"]
    assert isinstance(measures, dict)  # a packaged file of ours
    return tuple(Definition(name=name, **entry) for name, entry in measures.items())
