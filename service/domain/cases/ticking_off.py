"""Ticking off without a connection: it is written down on the phone and arrives later, once or twice, maybe too late.

It is taken if the step is still open. If not, the refusal says how the step stands now, and the word that came with it
stays: as that of whoever wrote it, for them alone (settled: Interface)."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import Field, model_validator

from service.domain.act import Act, Command, operation
from service.domain.cases import policy
from service.domain.cases.model import TO_DO, Audience, Step, StepState
from service.domain.cases.tick_offs import TickOff
from service.domain.cases.views import StepView
from service.domain.errors import DomainError
from service.domain.values import ClientId, Words
from service.domain.views import Many, One, Record, link, view


@dataclass(eq=False)
class StepNotOpen(DomainError):
    code, title = "step-not-open", "This step is not open any more."
    advice = "`present_state` says how it stands. Your word is kept for you alone: GET /v1/tick-offs/{kept_id}."
    present_state: str
    present_version: int
    kept_id: UUID


@view(TickOff, policy.READ_TICK_OFF, plural="tick_offs", filters=("case_id", "step_id"), subject="case_id")
class TickOffView(Record):
    """A tick-off that was written down on a phone. One that came too late is seen by whoever wrote it alone."""

    id: UUID
    case_id: UUID
    step_id: UUID = Field(description="Which step.")
    done: bool = Field(description="Whether it says that the step is done, or why it is not.")
    words: str | None = Field(description="The word that came with it.")
    seen_version: int = Field(description="The version of the step that the phone knew.")
    taken: bool = Field(description="Whether the step was still open.")
    step_state: StepState = Field(description="How the step stood when it arrived.")
    audience: Audience
    arrived_at: datetime = Field(description="When it arrived here.")


class TickOffStep(Command):
    """What was written down, and what the phone knew then."""

    id: ClientId
    done: bool = Field(True, description="False: it was not done, and `words` say why.")
    words: Words | None = Field(None, description="A word to go with it.")
    seen_version: int = Field(ge=1, le=2_147_483_647, description="The version of the step that you saw.")

    @model_validator(mode="after")
    def _reasoned(self) -> "TickOffStep":
        if not self.done and self.words is None:
            raise ValueError("say in words why it was not done")
        return self


@operation(policy.FINISH_STEP, on=Step, answers=TickOffView, versioned=False, raises=(StepNotOpen,))
async def tick_off_step(act: Act, step: Step, command: TickOffStep) -> TickOff:
    """Tick a step off, maybe long after it was written down. Sent twice, it is the same. It is taken if the step is
    still open, on whatever version; if not, your word is kept for you."""
    said: dict[str, Any] = {
        "authority_id": step.authority_id,
        "case_id": step.case_id,
        "step_id": step.id,
        "step_state": step.state,
        "author_id": act.actor.id,
        "arrived_at": act.now,
        **command.model_dump(),
    }
    if step.state not in TO_DO:
        late = TickOff(taken=False, audience=Audience.AUTHOR.value, **said)
        act.keep(late, said=("step_id", *TickOffStep.model_fields))
        raise StepNotOpen(present_state=step.state, present_version=step.version, kept_id=command.id)
    state = StepState.DONE if command.done else StepState.NOT_DONE
    act.change(step, state=state.value, remark=command.words, finished_at=act.now)
    return act.add(TickOff(taken=True, audience=step.audience, audience_of=step.audience_of, **said))


link(StepView, "tick_offs", Many("step_id"), TickOffView)
link(TickOffView, "step", One("step_id"), StepView)
