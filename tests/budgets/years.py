"""A year of money as it may go, in any order, and what must come of it.

Hypothesis draws what happens next in the tests, and chance where it should be a million (`make bench-large`)."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from service.demo import AUTHORITY, demo_id
from service.demo.people import ANKERPLATZ
from service.domain.act import OPERATIONS, Command, Operation
from service.domain.budgets.imports.receiving import receive
from service.domain.budgets.ledger import OF_AGREEMENT, OF_LINE, account_of
from service.domain.budgets.model import CommitmentBasis
from service.domain.desk import Desk, Done
from service.domain.errors import DomainError
from tests.budgets import claims
from tests.budgets.bookkeeping import HELD, NOTHING, Account, Band, Bill, Books, Bound, Foreseen, Paid, Purpose, Waiting
from tests.budgets.contract import DAY, FIRST, NETWORK, SECOND, STRANGER, THIRD, DayToBe, new_space
from tests.conftest import Database
from tests.faces import Said

LINES = ("case_specific", "cross_case")
AMOUNTS = st.sampled_from([Decimal(amount) for amount in ("0.01", "10.00", "33.33", "50.00", "100.00", "250.00")])
AGREED = st.sampled_from([Decimal(amount) for amount in ("100.00", "250.00", "600.00")])
PEOPLE = st.sampled_from([FIRST, SECOND, THIRD])
BACK = st.sampled_from([0, 0, 0, 1, 2, 5, 20])
KINDS = st.sampled_from([("supplement", None), ("supplement", None), ("carry_in", None), ("carry_in", "Ferien")])
DRAWN = st.data()


FROM_FILES = ("start_booking_import", "check_booking_import", "release_booking_import")


def some(data: st.DataObject, *from_each: Iterable[UUID]) -> UUID:
    """One of them, in the order in which they came about: an order by ids would be another one each time the same
    choices are played."""
    id: UUID = data.draw(st.sampled_from([each for part in from_each for each in part]))
    return id


NETWORKED = {NETWORK: "60.00", STRANGER: "40.00"}  # percent; the first leads
OUTSIDE: UUID = demo_id("organisation", ANKERPLATZ)
PROVIDERS = st.sampled_from([NETWORK, NETWORK, STRANGER, OUTSIDE])
BILLING = st.sampled_from(["providers", "providers", "lead_provider"])
PROVING = st.sampled_from(["lead_provider", "agency"])
HALF: Band = 0, None, {"agency": 50, "network": 0, "carry": 50}
OVERSPENT: Sequence[Band] = (
    (0, 10, {"agency": 60, "network": 20, "carry": 20}),
    (10, None, {"agency": 100, "network": 0, "carry": 0}),
)
REVIEWING = (
    (FIRST, "give_underspend_notice"),
    (FIRST, "review_underspend_for_agency"),
    ("provider_manager", "review_underspend_for_network"),
)
HOUR = "25.00"  # EUR
APPROVING = {
    "provider_manager": "take_position_for_network",
    SECOND: "take_position_on_funding",
    "social_space_manager": "take_position_on_cooperation",
}


class World:
    """The service and its database, waited for: Hypothesis draws outside of the loop."""

    def __init__(self, desk_of: Callable[[str], Desk], database: Database, clock: DayToBe) -> None:
        self.desk_of, self.database, self.clock = desk_of, database, clock
        self.loop, self.played = asyncio.get_running_loop(), set[str]()

    carry: Callable[[UUID], Awaitable[None]] | None = None  # what the worker does with a job, where there is one

    def imported(self, rows: Iterable[Mapping[str, Any]]) -> UUID:
        """The id of an import of bookings, released by a second person as far as they can be booked."""
        columns = ("external_number", "invoice_number", "amount", "line_id", "commitment_id", "value_on")
        whose = {"organisation_id": NETWORK, "issued_on": DAY}
        lines = [";".join((*columns, *whose))]
        lines += [";".join(map(str, (*(each.get(name, "") for name in columns), *whose.values()))) for each in rows]

        async def file() -> AsyncIterator[bytes]:
            yield "\n".join(lines).encode()

        begin, check, release = map(OPERATIONS.__getitem__, FROM_FILES)
        id = self.performed(FIRST, begin, _said(begin, authority_id=AUTHORITY), None)
        self.loop.run_until_complete(receive(self.desk_of(FIRST), id, file(), 10**6))
        for who, doing, more in ((FIRST, check, {}), (SECOND, release, {"partial": True})):
            job = self.performed(who, doing, _said(doing, **more), id)
            assert self.carry is not None
            self.loop.run_until_complete(self.carry(job))
        # Days go back when another year is played: what is checked then was not checked before this one.
        self.rows("UPDATE booking_import SET ended_at = '2020-01-01' WHERE id = %s RETURNING id", id)
        return id

    def performed(self, who: str, operation: Operation, command: Command | None, on: UUID | None) -> UUID:
        """The id of what was done, once. Raises what it is refused with."""
        self.played.add(operation.name)
        versions = range(1, 1000) if operation.versioned else None
        performing = self.desk_of(who).perform(operation, command, on=on, versions=versions, key=uuid4().hex)
        done: Done = self.loop.run_until_complete(performing)
        assert done.id is not None
        return done.id

    def rows(self, query: Any, *values: Any) -> list[Any]:
        return self.database.rows(query, *values)

    def new_space(self) -> UUID:
        return new_space(self.database)


def _told(band: Band) -> Said:
    """As it is said to the service, in percent."""
    begins, ends, percents = band
    above = {"above": f"{begins}.00"} | ({} if ends is None else {"up_to": f"{ends}.00"})
    return above | {who: f"{percent}.00" for who, percent in percents.items()}


def _said(operation: Operation, **said: Any) -> Command:
    assert operation.command is not None
    return operation.command(**said)


class Money(RuleBasedStateMachine):
    """One agreement's year: each rule does something and knows what must come of it."""

    world: World

    @initialize(case_specific=AGREED, cross_case=AGREED, billing=BILLING, proving=PROVING)
    def agree(self, case_specific: Decimal, cross_case: Decimal, billing: str, proving: str) -> None:
        self.billing, self.proving = billing, proving
        self.world.clock.day = DAY
        space, agreed = self.world.new_space(), {"case_specific": case_specific, "cross_case": cross_case}
        said: Said = {"authority_id": AUTHORITY, "social_space_id": space, "fiscal_year": DAY.year}
        said |= {"legal_basis": ["§ 77 SGB VIII"], "retention": "5.00"}
        said |= {line: str(amount) for line, amount in agreed.items()}
        self.foreseen: dict[UUID, Foreseen] = {}
        self.begin(self.done(FIRST, "draft_budget_agreement", **said), DAY.year)
        for organisation, share in NETWORKED.items():
            party: Said = {"organisation_id": organisation, "share": share, "lead": organisation == NETWORK}
            self.done(FIRST, "add_budget_party", self.agreement, **party)
        for direction, bands in (("underspend", [HALF]), ("overspend", OVERSPENT)):
            told = [_told(band) for band in bands]
            self.done(FIRST, "agree_deviation_rule", self.agreement, direction=direction, bands=told)
        duties = {"billing": [billing], "documentation": [proving]}
        self.done(FIRST, "change_budget_agreement", self.agreement, **duties)
        worth: Said = {"kind": "hour", "amount": HOUR, "valid_from": date(DAY.year, 1, 1)}
        self.done(FIRST, "propose_valuation_rule", self.agreement, **worth)
        self.into_force(agreed)

    def begin(self, agreement: UUID, year: int) -> None:
        """Books of its own for the agreement of a year."""
        self.agreement, self.year = agreement, year
        self.books, self.noted = (
            Books(self.world.clock.day, date(year - 1, 12, 31)),
            dict[date, dict[Account, Decimal]](),
        )
        self.lines = dict(self.rows("SELECT kind, id FROM budget_line WHERE agreement_id = %s"))
        self.names = {account_of(self.agreement, kind): Account(None, kind.value) for kind in OF_AGREEMENT}
        for line, id in self.lines.items():
            self.names |= {account_of(id, kind): Account(line, kind.value) for kind in OF_LINE}
        self.left_over: UUID | None = None  # the under-spend procedure, once there is one
        self.said_left = NOTHING  # by the last forecast
        self.decided: set[UUID] | None = None  # what its decisions have proposed; null before there is one
        self.carried_in = NOTHING
        self.reworked = False

    def into_force(self, agreed: dict[str, Decimal]) -> None:
        ((terms,),) = self.rows("SELECT terms FROM budget_agreement WHERE id = %s")
        for who, function in APPROVING.items():
            self.done(who, function, self.agreement, terms=terms, stance="approval")
        for (rule_id,) in self.rows("SELECT id FROM valuation_rule WHERE agreement_id = %s AND state = 'proposed'"):
            self.done("provider_manager", "agree_valuation_rule", rule_id)
        self.done(SECOND, "activate_budget_agreement", self.agreement)
        for line, amount in agreed.items():
            self.books.post(Account(None, "source"), Account(line, "free"), amount, date(self.year, 1, 1))
        self.done(FIRST, "plan_tranches", self.agreement, calendar="monthly")

    # What happens, and whether it may

    def done(self, who: str, what: Any, on: UUID | None = None, **said: Any) -> UUID:
        operation = OPERATIONS[what] if isinstance(what, str) else what
        return self.world.performed(who, operation, operation.command(**said) if operation.command else None, on)

    def tried(self, expected: str | None, who: str, what: Any, on: UUID | None = None, **said: Any) -> UUID | None:
        """The id of what was done; null if it was refused, which must be just as expected."""
        refused: DomainError | None = None
        try:
            id = self.done(who, what, on, **said)
        except DomainError as error:
            refused = error
        assert (refused.code if refused else None) == expected, refused and refused.facts
        return None if refused else id

    def rows(self, query: Any, *more: Any) -> list[Any]:
        return self.world.rows(query, self.agreement, *more)

    @rule(line=st.sampled_from(LINES), amount=AMOUNTS, who=PEOPLE, claim=st.booleans(), provider=PROVIDERS)
    def bind(self, line: str, amount: Decimal, who: str, claim: bool, provider: UUID) -> None:
        """A claim whatever is left, on any line; what is voluntary as far as it lasts."""
        books, day = self.books, self.books.today
        expected = None if claim or books.lowest(Account(line, "free"), day) >= amount else "budget-short"
        granted_by: str | None = who
        organisation: UUID | None = None
        if claim:
            said: dict[str, Any] = {"amount": amount, "granted_by": demo_id("actor", who)}
            id = self.tried(expected, who, claims.GRANT, self.lines[line], **said)
        elif line == "case_specific":
            said = {"amount": amount, "basis": CommitmentBasis.VOLUNTARY}
            id, granted_by = self.tried(expected, who, claims.GRANT, self.lines[line], **said), None
        else:
            organisation = provider
            said = {"amount": str(amount), "purpose": "Fest", "organisation_id": provider}
            id = self.tried(expected, who, "commit_funds", self.lines[line], **said)
        if id is not None:
            whose: dict[str, Any] = {"granted_by": granted_by, "organisation": organisation}
            books.bound[id] = Bound(line, claim, "committed", amount, day, **whose)
            self.take(line, "committed", amount)

    def take(self, line: str, kind: str, amount: Decimal) -> None:
        self.books.post(Account(line, "free"), Account(line, kind), amount, self.books.today)
        if self.books.free(line) < 0:
            self.books.procedures.add(line)

    @rule(line=st.sampled_from(LINES), amount=AMOUNTS, claim=st.booleans())
    def ask(self, line: str, amount: Decimal, claim: bool) -> None:
        """What is only asked for cannot go beyond what there is, claim or not."""
        lasts = self.books.lowest(Account(line, "free"), self.books.today) >= amount
        expected = None if lasts else "budget-short"
        basis = CommitmentBasis.GRANTED_CLAIM if claim else CommitmentBasis.VOLUNTARY
        if claim or line == "case_specific":
            id = self.tried(expected, THIRD, claims.RESERVE, self.lines[line], amount=amount, basis=basis)
        else:
            id = self.tried(expected, THIRD, "reserve_funds", self.lines[line], amount=str(amount), purpose="Fest")
        if id is not None:
            self.books.bound[id] = Bound(line, claim, "reserved", amount, self.books.today)
            self.take(line, "reserved", amount)

    def reserved(self) -> list[UUID]:
        return [id for id, bound in self.books.bound.items() if bound.state == "reserved"]

    @precondition(lambda self: self.reserved())
    @rule(data=DRAWN, amount=AMOUNTS)
    def grant_reserved(self, data: st.DataObject, amount: Decimal) -> None:
        """More or less than was asked for."""
        id = some(data, self.reserved())
        bound, books = self.books.bound[id], self.books
        more = amount - bound.amount
        fits = bound.claim or more <= 0 or books.lowest(Account(bound.line, "free"), books.today) >= more
        without_case = not bound.claim and bound.line != "case_specific"
        how, said = (
            ("commit_reserved_funds", {"amount": str(amount)})
            if without_case
            else (claims.GRANT_RESERVED, {"amount": amount})
        )
        if self.tried(None if fits else "budget-short", THIRD, how, id, **said):
            bound.granted_by = THIRD if without_case else bound.granted_by
            books.post(Account(bound.line, "reserved"), Account(bound.line, "free"), bound.amount, books.today)
            books.post(Account(bound.line, "free"), Account(bound.line, "committed"), amount, books.today)
            if more > 0 and books.free(bound.line) < 0:
                books.procedures.add(bound.line)
            bound.state, bound.amount, bound.value_on = "committed", amount, books.today

    @precondition(lambda self: self.books.bound)
    @rule(data=DRAWN)
    def release(self, data: st.DataObject) -> None:
        self.give_back(some(data, self.books.bound))

    def give_back(self, id: UUID) -> None:
        bound, books = self.books.bound[id], self.books
        if bound.state == "reserved":
            self.tried(None, THIRD, claims.RELEASE, id)
        elif self.tried(None if bound.left else "impossible-now", THIRD, "release_commitment", id) is None:
            return
        rest = bound.amount - bound.booked - bound.released
        kind = "reserved" if bound.state == "reserved" else "committed"
        books.post(Account(bound.line, kind), Account(bound.line, "free"), rest, books.today)
        bound.released, bound.state = bound.released + rest, "released"
        if bound.purpose is not None:
            books.purposes[bound.purpose].bound -= rest
            books.kept.append((bound.line, books.today, rest))

    @rule(amount=AMOUNTS, provider=PROVIDERS)
    def enter_invoice(self, amount: Decimal, provider: UUID) -> None:
        whose: Said = {"authority_id": AUTHORITY, "organisation_id": provider, "issued_on": DAY}
        said = whose | {"number": uuid4().hex, "amount": str(amount)}
        self.books.bills[self.done(FIRST, "enter_invoice", **said)] = Bill(amount, provider)

    @precondition(lambda self: self.books.bills)
    @rule(data=DRAWN, amount=AMOUNTS, who=PEOPLE, back=BACK, bold=st.booleans())
    def propose(self, data: st.DataObject, amount: Decimal, who: str, back: int, bold: bool) -> None:
        self.proposed(data, amount, who, back, bold)

    def proposed(self, data: st.DataObject, amount: Decimal, who: str, back: int, bold: bool) -> UUID | None:
        """Whoever is not bold proposes no more than is left of the invoice and of what was bound."""
        books, value_on = self.books, self.books.some_day(back)
        invoice, places = some(data, list(books.bills)[-3:]), list(books.bound)
        place = data.draw(st.sampled_from([None, *places, *places[-2:]]))
        bound, bill = books.bound.get(place) if place else None, books.bills[invoice]
        line = bound.line if bound else "cross_case"
        where = {"commitment_id": place} if place else {"line_id": self.lines[line]}
        if not bold:
            rest = bill.amount - bill.proposed
            amount = min(amount, rest or amount, (bound.left if bound else amount) or amount)
        expected = self.wrong_with(bill, bound, amount, value_on, who)
        said = {"amount": str(amount), "value_on": value_on, **where}
        if id := self.tried(expected, who, "propose_booking", invoice, **said):
            bill.proposed += amount
            outside = bill.organisation == OUTSIDE
            books.paid[id] = Paid(line, place, invoice, amount, value_on, who, outside=outside)
        return id

    def wrong_with(self, bill: Bill, bound: Bound | None, amount: Decimal, value_on: date, who: str) -> str | None:
        """Why so much of the invoice cannot be proposed to be booked there, if it cannot."""
        if self.billing == "lead_provider" and bill.organisation == STRANGER:
            return "does-not-bill"
        late = self.reworked and value_on.year > self.year  # what was missing in a year that is worked out anew
        if value_on <= self.books.closed or (value_on.year != self.year and not late):
            return "invalid-input"
        if bound and value_on < bound.value_on:
            return "invalid-input"
        if bound and not self.bills_for(bill.organisation, bound.organisation):
            return "invalid-input"
        if bound and bound.granted_by == who:
            return "four-eyes"
        if bound and amount > bound.left:
            return "exceeds-commitment"
        return None if amount <= bill.amount - bill.proposed else "exceeds-invoice"

    def bills_for(self, organisation: UUID, other: UUID | None) -> bool:
        """Each for itself; by some agreements whoever leads for all of the network."""
        leads = self.billing == "lead_provider" and organisation == NETWORK
        return other in (None, organisation) or (leads and other in NETWORKED)

    @rule(data=DRAWN, amount=AMOUNTS, who=PEOPLE, other=PEOPLE, back=BACK)
    def pay(self, data: st.DataObject, amount: Decimal, who: str, other: str, back: int) -> None:
        """The long way, in one go."""
        self.enter_invoice(amount, NETWORK)
        if id := self.proposed(data, amount, who, back, False):
            self.released(id, other)

    @precondition(lambda self: self.books.paid)
    @rule(data=DRAWN, who=PEOPLE)
    def release_booking(self, data: st.DataObject, who: str) -> None:
        self.released(self.some_booking(data, "proposed"), who)

    def released(self, id: UUID, who: str) -> None:
        books, paid = self.books, self.books.paid[id]
        bound = books.bound[paid.bound] if paid.bound else None
        source = Account(paid.line, "committed" if bound else "free")
        if paid.proposed_by == who:
            expected: str | None = "forbidden"
        elif paid.state != "proposed":
            expected = "impossible-now"
        elif bound and bound.granted_by == who:
            expected = "four-eyes"
        elif bound and paid.amount > bound.left:
            expected = "exceeds-commitment"
        elif paid.value_on <= books.closed:
            expected = "period-closed"
        else:
            expected = None if books.lowest(source, paid.value_on) >= paid.amount else "budget-short"
        if self.tried(expected, who, "release_booking", id):
            books.post(source, Account(paid.line, "booked"), paid.amount, paid.value_on)
            paid.state, paid.released_by = "released", who
            if bound:
                bound.booked += paid.amount
                bound.state = "partly_booked" if bound.left else "fully_booked"

    def some_booking(self, data: st.DataObject, state: str) -> UUID:
        """Most often one in this state."""
        fitting = [id for id, paid in self.books.paid.items() if paid.state == state]
        return some(data, fitting * 4, self.books.paid)

    @precondition(lambda self: self.books.paid)
    @rule(data=DRAWN)
    def withdraw(self, data: st.DataObject) -> None:
        id = self.some_booking(data, "proposed")
        paid = self.books.paid[id]
        if self.tried(None if paid.state == "proposed" else "impossible-now", FIRST, "withdraw_booking", id):
            paid.state = "withdrawn"
            self.not_paid(paid)

    @precondition(lambda self: self.books.paid)
    @rule(data=DRAWN, who=PEOPLE, back=BACK)
    def reverse(self, data: st.DataObject, who: str, back: int) -> None:
        books, id = self.books, self.some_booking(data, "released")
        paid, value_on = books.paid[id], books.some_day(back)
        bound = books.bound[paid.bound] if paid.bound else None
        if paid.released_by == who:
            expected: str | None = "forbidden"
        elif paid.state != "released":
            expected = "impossible-now"
        elif value_on <= books.closed or value_on < paid.value_on:
            expected = "invalid-input"
        else:
            expected = "four-eyes" if bound and bound.granted_by == who else None
        if self.tried(expected, who, "reverse_booking", id, reason="Storno", value_on=value_on):
            target = Account(paid.line, "committed" if bound else "free")
            books.post(Account(paid.line, "booked"), target, paid.amount, value_on)
            paid.state = "reversed"
            self.not_paid(paid)
            if bound:
                bound.booked -= paid.amount
                bound.state = "partly_booked" if bound.booked else "committed"

    def not_paid(self, paid: Paid) -> None:
        """What was taken of the invoice is left of it again, and the work can be billed anew."""
        self.books.bills[paid.invoice].proposed -= paid.amount
        if paid.work is not None:
            self.books.work[paid.work].state = "recorded"

    @rule(line=st.sampled_from(LINES), amount=AMOUNTS, ahead=st.integers(-20, 3), who=PEOPLE, kind=KINDS)
    def propose_allocation(
        self, line: str, amount: Decimal, ahead: int, who: str, kind: tuple[str, str | None]
    ) -> None:
        day, (what, earmark) = self.books.today + timedelta(days=ahead), kind
        expected = "invalid-input" if day <= self.books.closed or day.year != self.year else None
        said: Said = {
            "kind": what,
            "amount": str(amount),
            "effective_on": day,
            "reason": "Nachtrag",
            "earmark": earmark,
        }
        if id := self.tried(expected, who, "propose_allocation", self.lines[line], **said):
            self.books.waiting[id] = Waiting(line, amount, day, who, what, earmark)

    @precondition(lambda self: self.books.waiting)
    @rule(data=DRAWN, who=PEOPLE)
    def withdraw_allocation(self, data: st.DataObject, who: str) -> None:
        id = some(data, self.books.waiting)
        self.done(who, "withdraw_allocation", id)
        del self.books.waiting[id]

    @precondition(lambda self: self.books.waiting)
    @rule(data=DRAWN, who=PEOPLE)
    def release_allocation(self, data: st.DataObject, who: str) -> None:
        self.allocated(some(data, self.books.waiting), who)

    def allocated(self, id: UUID, who: str) -> None:
        books, each = self.books, self.books.waiting[id]
        if who == each.proposed_by:
            expected: str | None = "forbidden"
        elif each.day > books.today:
            expected = "not-yet-effective"
        else:
            expected = "period-closed" if each.day <= books.closed else None
        free = Account(each.line, "free")
        source = Account(None, "carry_over" if each.kind == "carry_in" else "source")
        if each.amount < 0 and expected is None and books.lowest(free, each.day) < -each.amount:
            expected = "budget-short"
        if not self.tried(expected, who, "release_allocation", id):
            return
        del books.waiting[id]
        giver, taker = (free, source) if each.amount < 0 else (source, free)
        books.post(giver, taker, abs(each.amount), each.day)
        if each.kind == "carry_in":
            self.carried_in += each.amount
        if each.earmark is not None:
            books.purposes[id] = Purpose(each.line, each.amount)
            books.kept.append((each.line, each.day, each.amount))

    @rule(line=st.sampled_from(LINES), amount=AMOUNTS, who=PEOPLE)
    def decide_to_return(self, line: str, amount: Decimal, who: str) -> None:
        """Where a forecast leaves something over, more is asked back than there may be left when it is released; but
        not more than what is agreed, with all that is asked back already."""
        self.done(FIRST, "run_forecast", self.agreement, method="Nichts kommt mehr")
        query = "SELECT id FROM underspend_procedure WHERE agreement_id = %s AND state = 'open'"
        opened = [id for (id,) in self.rows(query)]
        self.said_left = sum((self.books.free(each) for each in self.lines), NOTHING) - self.foreseen_now()
        assert bool(opened) is (self.left_over is not None or self.said_left > 0)
        if not opened:
            return
        if self.left_over is None:
            (self.left_over,) = opened
            for who_, step in REVIEWING:
                self.done(who_, step, self.left_over, said="Probe")
        said: Said = {"remedy": "return", "amount": str(amount), "line_id": self.lines[line], "said": "Probe"}
        agreed = -self.books.balances().get(Account(None, "source"), NOTHING)
        returns = (each.amount for each in self.books.waiting.values() if each.kind == "return")
        asked_back = sum(returns, NOTHING)
        expected = "budget-short" if amount > agreed + asked_back else None
        step_id = self.tried(expected, who, "decide_on_underspend", self.left_over, **said)
        if step_id is None:
            return
        query = "SELECT allocation_id FROM underspend_step WHERE agreement_id = %s AND id = %s"
        ((allocation,),) = self.rows(query, step_id)
        self.books.waiting[allocation] = Waiting(line, -amount, self.books.today, who, "return")
        self.decided = {*(self.decided or ()), allocation}

    def foreseen_now(self) -> Decimal:
        """For this year, and not bound yet."""
        return sum((each.amount for each in self.foreseen.values() if each.year == self.year), NOTHING)

    @precondition(lambda self: self.books.procedures)
    @rule(data=DRAWN)
    def close_procedure(self, data: st.DataObject) -> None:
        line = data.draw(st.sampled_from([line for line in LINES if line in self.books.procedures]))
        query = "SELECT id FROM overspend_procedure WHERE agreement_id = %s AND line_id = %s AND state = 'open'"
        ((id,),) = self.rows(query, self.lines[line])
        expected = "still-overspent" if self.books.free(line) < 0 else None
        if self.tried(expected, FIRST, "close_overspend_procedure", id, outcome="Nachtrag"):
            self.books.procedures.remove(line)

    @precondition(lambda self: self.books.today < date(self.year, 12, 14))  # then no more than 17 days pass
    @rule(days=st.sampled_from([1, 1, 3, 17]))
    def days_pass(self, days: int) -> None:
        self.noted[self.books.today] = self.balances(self.books.today)
        self.books.today += timedelta(days=days)
        self.world.clock.day = self.books.today

    @precondition(lambda self: self.books.today.replace(day=1) - timedelta(days=1) > self.books.closed)
    @rule()
    def close_period(self) -> None:
        through = self.books.today.replace(day=1) - timedelta(days=1)
        self.done(SECOND, "close_budget_period", self.agreement, through=through)
        self.books.closed = through

    # What holds after each of them

    def postings(self) -> list[tuple[UUID, UUID, Decimal, date]]:
        query = "SELECT from_account_id, to_account_id, amount, value_on FROM posting WHERE agreement_id = %s"
        return self.rows(query)

    def balances(self, on: date) -> dict[Account, Decimal]:
        """As of a date, worked out from postings."""
        found: dict[Account, Decimal] = defaultdict(Decimal)
        for source, target, amount, value_on in self.postings():
            if value_on <= on:
                found[self.names[source]] -= amount
                found[self.names[target]] += amount
        return {account: amount for account, amount in found.items() if amount}

    @invariant()
    def every_account_says_what_the_books_say(self) -> None:
        found = self.rows("SELECT id, balance, earmarked FROM ledger_account WHERE agreement_id = %s")
        earmarked = {self.names[id].line: amount for id, _, amount in found if amount}
        assert earmarked == {line: amount for line in self.lines if (amount := self.books.kept_on(line))}
        kept = {self.names[id]: balance for id, balance, _ in found if balance}
        assert kept == self.balances(date.max) == self.books.balances()
        assert sum(kept.values()) == 0
        days = self.rows(
            "SELECT account_id, moved FROM ledger_day JOIN ledger_account ON id = account_id "
            "WHERE agreement_id = %s ORDER BY value_on"
        )
        running: dict[Account, Decimal] = defaultdict(Decimal)
        for id, moved in days:
            account = self.names[id]
            running[account] += moved
            assert account.kind not in HELD or running[account] >= 0, account
        assert {account: amount for account, amount in running.items() if amount} == kept

    @invariant()
    def every_row_says_what_the_books_say(self) -> None:
        found = self.rows("SELECT id, state, amount, booked, released FROM commitment WHERE agreement_id = %s")
        assert {id: tuple(rest) for id, *rest in found} == {
            id: (each.state, each.amount, each.booked, each.released) for id, each in self.books.bound.items()
        }
        paid = self.rows("SELECT id, state, amount, outside_network FROM booking WHERE agreement_id = %s")
        assert {id: tuple(rest) for id, *rest in paid} == {
            id: (each.state, each.amount, each.outside) for id, each in self.books.paid.items()
        }
        work = self.rows("SELECT id, state, amount FROM service_record WHERE agreement_id = %s")
        assert {id: tuple(rest) for id, *rest in work} == {
            id: (each.state, each.amount) for id, each in self.books.work.items()
        }
        open_ = self.rows("SELECT line_id FROM overspend_procedure WHERE agreement_id = %s AND state = 'open'")
        assert sorted(id for (id,) in open_) == sorted(self.lines[line] for line in self.books.procedures)
        assert all(line in self.books.procedures for line in LINES if self.books.free(line) < 0)

    @invariant()
    def every_past_day_says_what_it_said_then(self) -> None:
        """Apart from what was noted since for that day or an earlier one, which only open days allow."""
        for day, then in list(self.noted.items())[-5:]:
            late = self.books.came_later(day)
            now = {account: then.get(account, NOTHING) + late.get(account, NOTHING) for account in {*then, *late}}
            assert self.balances(day) == {account: amount for account, amount in now.items() if amount}, day
