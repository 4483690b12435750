"""Who may read what somebody says in a case, besides themselves."""

from typing import Any
from uuid import UUID

from pydantic import Field, model_validator

from service.domain.act import Command
from service.domain.cases.model import Audience


class Hearing(Command):
    audience: Audience = Field(Audience.ALL, description="Who may read it, besides you.")
    audience_of: list[UUID] = Field(
        default_factory=list, max_length=50, description="The participants or actors, where `audience` is `named`."
    )

    @model_validator(mode="after")
    def _named(self) -> "Hearing":
        if (self.audience is Audience.NAMED) is not bool(self.audience_of):
            raise ValueError("name somebody in audience_of exactly when the audience is `named`")
        return self


def audience_of(command: Hearing) -> dict[str, Any]:
    return {"audience": command.audience.value, "audience_of": command.audience_of}
