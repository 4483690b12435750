"""Work in several short transactions in somebody's name: a file that comes in pieces, a job of the worker's.

Like the one door (`desk.py`), each transaction makes the login known to row-level security and each row is loaded with
its rule; unlike there, most of them leave no event and no entry in the record: what matters is told once."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from service.domain.act import Act, Known, NotEnrolled
from service.domain.context import asking
from service.domain.desk import AUDIT, EVENT, Desk, event_of
from service.domain.errors import NO_TOKEN, Unauthenticated
from service.domain.policy import Action
from service.domain.translating import translated
from service.storage.writing import fetch_row, inserting


@asynccontextmanager
async def short(desk: Desk, action: Action) -> AsyncIterator[Act]:
    """One short transaction of whoever `desk` serves. It commits at the end, or changes nothing."""
    if desk.login is None:
        raise Unauthenticated(reason=NO_TOKEN)
    with translated():
        async with desk.storage.transaction() as session:
            today = desk.clock.today()
            row = await fetch_row(session, asking(), (desk.login, today.isoformat(), desk.trace))
            if row["id"] is None:
                raise NotEnrolled
            known = Known(row["id"], row["authority"])
            act = Act(known, action, session, desk.clock.now(), today, desk.login, desk.assured, desk.keys)
            yield act
            await act.finish()


async def record(desk: Desk, act: Act, changed: Any = None) -> None:
    """The entry in the record: who did it, and which cases it was about; and the event of the row that it changed."""
    entry = desk.entry(act.action, act.actor, act.cases, "done")
    rows = {AUDIT: entry} if changed is None else {AUDIT: entry, EVENT: event_of(act, act.action.name, changed)}
    await fetch_row(act.session, *inserting(rows))
