"""The one step that a link opens, for whoever holds its secret: no login, and no other address takes the secret."""

import inspect
from collections.abc import Callable, Iterable, Mapping
from datetime import date
from functools import cache, partial
from typing import Any
from uuid import UUID

import orjson
from pydantic import BaseModel, Field
from starlette.requests import Request
from starlette.responses import Response

from service.api.rest.performing import body_of, body_refusals, command_of, parameters_of_operation
from service.api.rest.reading import answered
from service.api.rest.route import IT, JSON, ROUTES, Documented, Serve
from service.api.serving import Serving, language_of
from service.domain.act import NotEnrolled, Operation
from service.domain.cases.linking import StepFallenAway
from service.domain.cases.model import StepState
from service.domain.cases.planning import finish_step, leave_step
from service.domain.cases.views import NextStepView, StepView
from service.domain.desk import Show
from service.domain.errors import DomainError, Forbidden, NotFound, Unauthenticated, Unavailable
from service.domain.plan import Plan
from service.domain.reading import Statement
from service.domain.selection import Face, Selection, Single, Value
from service.domain.values import Language
from service.domain.views import ONE, VIEWS

PATH, TAG = "/linked-step", "Links"
NOWHERE = UUID(int=0)


class LinkedStep(BaseModel):
    """What somebody with a link is to do, by when and with whom, in their language; and whether it is done."""

    how: str
    with_whom: str
    with_what: str
    due_on: date
    until: str = Field(description="By when, as a sentence in your language.")
    state: StepState
    state_label: str = Field(description="In your language.")


@cache
def _site(keyed: bool) -> Single:
    """The rule is that of all steps; what is shown of them, that of whoever has one to do."""
    columns = VIEWS[NextStepView].columns
    shown: Selection = {name: Value(columns[name]) for name in LinkedStep.model_fields}
    return Single(VIEWS[StepView], shown, arguments=ONE.narrowed(id=NOWHERE) if keyed else ONE)


@cache
def _reading(language: Language) -> Plan:
    return Statement(Face.REST, language).plan({IT: _site(keyed=False)})


@cache
def _finding() -> Plan:
    """Which step it is, for a change that puts itself on record."""
    view = VIEWS[StepView]
    return Statement(Face.REST, audited=False).plan(
        {IT: Single(view, {name: Value(view.columns[name]) for name in ("id", "state")})}
    )


@cache
def _showing(language: Language) -> Show:
    site = _site(keyed=True)
    return Show(Statement(Face.REST, language, audited=False).plan({IT: site}), site)


def _nothing() -> NotFound:
    """Wrong, expired or taken back: nobody can tell."""
    return NotFound(subject="step", subject_id="")


def _still_there(state: str) -> None:
    if state == StepState.DROPPED:
        raise StepFallenAway


def _answered(request: Request, body: bytes, language: Language) -> Response:
    return answered(request, body[len(IT) + 4 : -1], {}, language)


async def _read(serving: Serving, request: Request) -> Response:
    language = language_of(request)
    answer = await serving.linked_desk(request).read(_reading(language))
    if answer.body[len(IT) + 4 : -1] == b"null":
        raise _nothing()
    _still_there(orjson.loads(answer.body)[IT]["state"])
    return _answered(request, answer.body, language)


def _ticked_off(operation: Operation, path: str) -> None:
    async def serve(serving: Serving, request: Request) -> Response:
        desk, language = serving.linked_desk(request), language_of(request)
        command = await command_of(operation, request, JSON)
        found = orjson.loads((await desk.read(_finding())).body)[IT]
        on = UUID(found["id"]) if found else NOWHERE
        if found:
            _still_there(found["state"])
        try:
            done = await desk.perform(operation, command, on=on, show=_showing(language))
        except (NotFound, NotEnrolled):
            raise _nothing() from None
        assert done.answer is not None
        return _answered(request, done.answer.body, language)

    known = (Forbidden, NotEnrolled)  # a link that opens the step is all it takes
    refusals = [each for each in (*operation.raises, *body_refusals(operation), StepFallenAway) if each not in known]
    sent = partial(parameters_of_operation, operation, "", JSON)
    about = operation.description
    _documented("POST", f"{PATH}/{path}", serve, f"{path}_linked_step", about, refusals, sent, body_of(operation))


def _documented(
    method: str,
    path: str,
    serve: Serve,
    name: str,
    about: str,
    refusals: Iterable[type[DomainError]],
    parameters: Callable[[], Mapping[str, inspect.Parameter]] = dict,
    body: Mapping[str, Any] = {},
) -> None:
    answer: Any = {"answers": lambda: LinkedStep, "extra": {"security": [{"link": []}], **body}}
    ROUTES.append(
        Documented(
            method,
            path,
            serve,
            name=name,
            description=about,
            tag=TAG,
            refusals=refusals,
            parameters=parameters,
            **answer,
        )
    )


_documented(
    "GET",
    PATH,
    _read,
    "read_linked_step",
    LinkedStep.__doc__ or "",
    (Unauthenticated, NotFound, StepFallenAway, Unavailable),
)
_ticked_off(finish_step, "finish")
_ticked_off(leave_step, "leave")
