"""A year of money as it may go, in any order, and what must come of it.

Hypothesis draws what happens next in the tests, and chance where it should be a million (`make bench-large`)."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from service.demo import AUTHORITY, demo_id
from service.domain.act import OPERATIONS, Command, Operation
from service.domain.budgets.imports.receiving import receive
from service.domain.budgets.ledger import OF_AGREEMENT, OF_LINE, account_of
from service.domain.budgets.model import CommitmentBasis
from service.domain.desk import Desk, Done
from service.domain.errors import DomainError
from tests.budgets import claims
from tests.budgets.bookkeeping import HELD, NOTHING, Account, Bill, Books, Bound, Foreseen, Paid
from tests.budgets.contract import DAY, FIRST, NETWORK, SECOND, STRANGER, THIRD, DayToBe, new_space
from tests.conftest import Database
from tests.faces import Said

LINES = ("case_specific", "cross_case")
AMOUNTS = st.sampled_from([Decimal(amount) for amount in ("0.01", "10.00", "33.33", "50.00", "100.00", "250.00")])
AGREED = st.sampled_from([Decimal(amount) for amount in ("100.00", "250.00", "600.00")])
PEOPLE = st.sampled_from([FIRST, SECOND, THIRD])
BACK = st.sampled_from([0, 0, 0, 1, 2, 5, 20])
DRAWN = st.data()
NETWORKED = {NETWORK: "60.00", STRANGER: "40.00"}  # percent
REVIEWING = (
    (FIRST, "give_underspend_notice"),
    (FIRST, "review_underspend_for_agency"),
    ("provider_manager", "review_underspend_for_network"),
)
APPROVING = {"provider_manager": "for_network", SECOND: "on_funding", "social_space_manager": "on_cooperation"}


class World:
    """The service and its database, waited for: Hypothesis draws outside of the loop."""

    def __init__(self, desk_of: Callable[[str], Desk], database: Database, clock: DayToBe) -> None:
        self.desk_of, self.database, self.clock = desk_of, database, clock
        self.loop = asyncio.get_running_loop()

    carry: Callable[[UUID], Awaitable[None]] | None = None  # what the worker does with a job, where there is one

    def imported(self, line: UUID, rows: Mapping[str, Decimal], day: date) -> UUID:
        """The id of an import of bookings on a line, each under a number of its own, released by a second person."""
        whose = {"organisation_id": NETWORK, "issued_on": DAY, "value_on": day, "line_id": line}
        lines = [";".join(["external_number", "invoice_number", "amount", *whose])]
        lines += [";".join(map(str, (number, number, amount, *whose.values()))) for number, amount in rows.items()]

        async def file() -> AsyncIterator[bytes]:
            yield "\n".join(lines).encode()

        begin, check, release = (OPERATIONS[f"{verb}_booking_import"] for verb in ("start", "check", "release"))
        id = self.performed(FIRST, begin, _said(begin, authority_id=AUTHORITY), None)
        self.loop.run_until_complete(receive(self.desk_of(FIRST), id, file(), 10**6))
        for who, doing in ((FIRST, check), (SECOND, release)):
            job = self.performed(who, doing, _said(doing), id)
            assert self.carry is not None
            self.loop.run_until_complete(self.carry(job))
        # Days go back when another year is played: what is checked then was not checked before this one.
        self.rows("UPDATE booking_import SET ended_at = '2020-01-01' WHERE id = %s RETURNING id", id)
        return id

    def performed(self, who: str, operation: Operation, command: Command | None, on: UUID | None) -> UUID:
        """The id of what was done, once. Raises what it is refused with."""
        versions = range(1, 1000) if operation.versioned else None
        performing = self.desk_of(who).perform(operation, command, on=on, versions=versions, key=uuid4().hex)
        done: Done = self.loop.run_until_complete(performing)
        assert done.id is not None
        return done.id

    def rows(self, query: Any, *values: Any) -> list[Any]:
        return self.database.rows(query, *values)

    def new_space(self) -> UUID:
        return new_space(self.database)


def _said(operation: Operation, **said: Any) -> Command:
    assert operation.command is not None
    return operation.command(**said)


class Money(RuleBasedStateMachine):
    """One agreement's year: each rule does something and knows what must come of it."""

    world: World

    @initialize(case_specific=AGREED, cross_case=AGREED)
    def agree(self, case_specific: Decimal, cross_case: Decimal) -> None:
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
        keeps: Said = {"above": "0.00", "agency": "50.00", "network": "0.00", "carry": "50.00"}
        self.done(FIRST, "agree_deviation_rule", self.agreement, direction="underspend", bands=[keeps])
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

    def into_force(self, agreed: dict[str, Decimal]) -> None:
        ((terms,),) = self.rows("SELECT terms FROM budget_agreement WHERE id = %s")
        for who, function in APPROVING.items():
            self.done(who, f"take_position_{function}", self.agreement, terms=terms, stance="approval")
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

    @rule(line=st.sampled_from(LINES), amount=AMOUNTS, who=PEOPLE, claim=st.booleans())
    def bind(self, line: str, amount: Decimal, who: str, claim: bool) -> None:
        """A claim whatever is left, on any line; what is voluntary as far as it lasts."""
        books, day = self.books, self.books.today
        expected = None if claim or books.lowest(Account(line, "free"), day) >= amount else "budget-short"
        granted_by: str | None = who
        if claim:
            said: dict[str, Any] = {"amount": amount, "granted_by": demo_id("actor", who)}
            id = self.tried(expected, who, claims.GRANT, self.lines[line], **said)
        elif line == "case_specific":
            said = {"amount": amount, "basis": CommitmentBasis.VOLUNTARY}
            id, granted_by = self.tried(expected, who, claims.GRANT, self.lines[line], **said), None
        else:
            said = {"amount": str(amount), "purpose": "Fest"}
            id = self.tried(expected, who, "commit_funds", self.lines[line], **said)
        if id is not None:
            books.bound[id] = Bound(line, claim, "committed", amount, day, granted_by=granted_by)
            self.take(line, "committed", amount)

    def take(self, line: str, kind: str, amount: Decimal) -> None:
        self.books.post(Account(line, "free"), Account(line, kind), amount, self.books.today)
        if self.books.free(line) < 0:
            self.books.procedures.add(line)

    @rule(line=st.sampled_from(LINES), amount=AMOUNTS, claim=st.booleans())
    def ask(self, line: str, amount: Decimal, claim: bool) -> None:
        """What is only asked for cannot go beyond what there is, claim or not."""
        expected = None if self.books.free(line) >= amount else "budget-short"
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
        id = data.draw(st.sampled_from(self.reserved()))
        bound, books = self.books.bound[id], self.books
        more = amount - bound.amount
        fits = bound.claim or more <= 0 or books.free(bound.line) >= more
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
        self.give_back(data.draw(st.sampled_from(sorted(self.books.bound))))

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

    @rule(amount=AMOUNTS)
    def enter_invoice(self, amount: Decimal) -> None:
        whose: Said = {"authority_id": AUTHORITY, "organisation_id": NETWORK, "issued_on": DAY}
        said = whose | {"number": uuid4().hex, "amount": str(amount)}
        self.books.bills[self.done(FIRST, "enter_invoice", **said)] = Bill(amount)

    @precondition(lambda self: self.books.bills)
    @rule(data=DRAWN, amount=AMOUNTS, who=PEOPLE, back=BACK, bold=st.booleans())
    def propose(self, data: st.DataObject, amount: Decimal, who: str, back: int, bold: bool) -> None:
        self.proposed(data, amount, who, back, bold)

    def proposed(self, data: st.DataObject, amount: Decimal, who: str, back: int, bold: bool) -> UUID | None:
        """Whoever is not bold proposes no more than is left of the invoice and of what was bound."""
        books, value_on = self.books, self.books.some_day(back)
        invoice = data.draw(st.sampled_from(sorted(books.bills)[-3:]))
        place = data.draw(st.sampled_from([None, *sorted(books.bound), *sorted(books.bound)[-2:]]))
        bound, bill = books.bound.get(place) if place else None, books.bills[invoice]
        line = bound.line if bound else "cross_case"
        where = {"commitment_id": place} if place else {"line_id": self.lines[line]}
        if not bold:
            rest = bill.amount - bill.proposed
            amount = min(amount, rest or amount, (bound.left if bound else amount) or amount)
        if value_on <= books.closed or value_on.year != self.year or (bound and value_on < bound.value_on):
            expected: str | None = "invalid-input"
        elif bound and bound.granted_by == who:
            expected = "four-eyes"
        elif bound and amount > bound.left:
            expected = "exceeds-commitment"
        else:
            expected = None if amount <= bill.amount - bill.proposed else "exceeds-invoice"
        said = {"amount": str(amount), "value_on": value_on, **where}
        if id := self.tried(expected, who, "propose_booking", invoice, **said):
            bill.proposed += amount
            books.paid[id] = Paid(line, place, invoice, amount, value_on, who)
        return id

    @rule(data=DRAWN, amount=AMOUNTS, who=PEOPLE, other=PEOPLE, back=BACK)
    def pay(self, data: st.DataObject, amount: Decimal, who: str, other: str, back: int) -> None:
        """The long way, in one go."""
        self.enter_invoice(amount)
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
        fitting = sorted(id for id, paid in self.books.paid.items() if paid.state == state)
        everything = sorted(self.books.paid)
        id: UUID = data.draw(st.sampled_from(fitting * 4 + everything))
        return id

    @precondition(lambda self: self.books.paid)
    @rule(data=DRAWN)
    def withdraw(self, data: st.DataObject) -> None:
        id = self.some_booking(data, "proposed")
        paid = self.books.paid[id]
        if self.tried(None if paid.state == "proposed" else "impossible-now", FIRST, "withdraw_booking", id):
            paid.state = "withdrawn"
            self.books.bills[paid.invoice].proposed -= paid.amount

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
            books.bills[paid.invoice].proposed -= paid.amount
            if bound:
                bound.booked -= paid.amount
                bound.state = "partly_booked" if bound.booked else "committed"

    @rule(line=st.sampled_from(LINES), amount=AMOUNTS, ahead=st.integers(-20, 3), who=PEOPLE)
    def propose_allocation(self, line: str, amount: Decimal, ahead: int, who: str) -> None:
        day = self.books.today + timedelta(days=ahead)
        expected = "invalid-input" if day <= self.books.closed or day.year != self.year else None
        said = {"kind": "supplement", "amount": str(amount), "effective_on": day, "reason": "Nachtrag"}
        if id := self.tried(expected, who, "propose_allocation", self.lines[line], **said):
            self.books.waiting[id] = (line, amount, day, who)

    @precondition(lambda self: self.books.waiting)
    @rule(data=DRAWN, who=PEOPLE)
    def release_allocation(self, data: st.DataObject, who: str) -> None:
        id = data.draw(st.sampled_from(sorted(self.books.waiting)))
        line, amount, day, proposed_by = self.books.waiting[id]
        if who == proposed_by:
            expected: str | None = "forbidden"
        elif day > self.books.today:
            expected = "not-yet-effective"
        else:
            expected = "period-closed" if day <= self.books.closed else None
        free, source = Account(line, "free"), Account(None, "source")
        if amount < 0 and expected is None and self.books.lowest(free, day) < -amount:
            expected = "budget-short"
        if self.tried(expected, who, "release_allocation", id):
            del self.books.waiting[id]
            giver, taker = (free, source) if amount < 0 else (source, free)
            self.books.post(giver, taker, abs(amount), day)

    @rule(line=st.sampled_from(LINES), amount=AMOUNTS, who=PEOPLE)
    def decide_to_return(self, line: str, amount: Decimal, who: str) -> None:
        """Where a forecast leaves something over, more is asked back than there may be left when it is released; but
        not more than what is agreed, with all that is asked back already."""
        self.done(FIRST, "run_forecast", self.agreement, method="Nichts kommt mehr")
        query = "SELECT id FROM underspend_procedure WHERE agreement_id = %s AND state = 'open'"
        opened = [id for (id,) in self.rows(query)]
        left = sum(self.books.free(each) for each in self.lines) - self.foreseen_now()
        assert bool(opened) is (self.left_over is not None or left > 0)
        if not opened:
            return
        if self.left_over is None:
            (self.left_over,) = opened
            for who_, step in REVIEWING:
                self.done(who_, step, self.left_over, said="Probe")
        said: Said = {"remedy": "return", "amount": str(amount), "line_id": self.lines[line], "said": "Probe"}
        agreed = -self.books.balances().get(Account(None, "source"), NOTHING)
        asked_back = sum((amount for _, amount, *_ in self.books.waiting.values() if amount < 0), NOTHING)
        expected = "budget-short" if amount > agreed + asked_back else None
        step_id = self.tried(expected, who, "decide_on_underspend", self.left_over, **said)
        if step_id is None:
            return
        query = "SELECT allocation_id FROM underspend_step WHERE agreement_id = %s AND id = %s"
        ((allocation,),) = self.rows(query, step_id)
        self.books.waiting[allocation] = (line, -amount, self.books.today, who)

    def foreseen_now(self) -> Decimal:
        """For this year, and not bound yet."""
        return sum((each.amount for each in self.foreseen.values() if each.year == self.year), NOTHING)

    @precondition(lambda self: self.books.procedures)
    @rule(data=DRAWN)
    def close_procedure(self, data: st.DataObject) -> None:
        line = data.draw(st.sampled_from(sorted(self.books.procedures)))
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
        found = self.rows("SELECT id, balance FROM ledger_account WHERE agreement_id = %s")
        kept = {self.names[id]: balance for id, balance in found if balance}
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
        paid = dict(self.rows("SELECT id, state FROM booking WHERE agreement_id = %s"))
        assert paid == {id: each.state for id, each in self.books.paid.items()}
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
