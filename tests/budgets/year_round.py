"""The rest of what may go on in a year of money: transfers, advances, what is foreseen for later years, files of
bookings; and how a year ends, is settled, and the next begins from it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

from hypothesis import strategies as st
from hypothesis.stateful import invariant, precondition, rule

from service.domain.budgets.model import CommitmentBasis
from tests.budgets import claims
from tests.budgets.bookkeeping import NOTHING, Account, Bill, Bound, Foreseen, Paid
from tests.budgets.contract import FIRST, SECOND, THIRD
from tests.budgets.years import AMOUNTS, DRAWN, LINES, NETWORKED, PEOPLE, Money

CENT = Decimal("0.01")
OTHER = {"case_specific": "cross_case", "cross_case": "case_specific"}
SOURCE, CARRIED = Account(None, "source"), Account(None, "carry_over")


@dataclass
class Advance:
    due_on: date
    state: str


class YearRound(Money):
    """An agreement's year, and those that follow it."""

    def begin(self, agreement: UUID, year: int) -> None:
        super().begin(agreement, year)
        self.moving: dict[
            UUID, tuple[str, Decimal, str]
        ] = {}  # transfers that are proposed: from where, how much, by whom
        self.advances: dict[UUID, Advance] = {}
        self.carried_in = NOTHING

    # From one line to the other

    @rule(line=st.sampled_from(LINES), amount=AMOUNTS, who=PEOPLE)
    def propose_transfer(self, line: str, amount: Decimal, who: str) -> None:
        """Not against another that would bring the money back."""
        against = any(source == OTHER[line] for source, *_ in self.moving.values())
        said = {"target_id": self.lines[OTHER[line]], "amount": str(amount), "reason": "Probe"}
        id = self.tried("cyclic-transfer" if against else None, who, "propose_transfer", self.lines[line], **said)
        if id is not None:
            self.moving[id] = line, amount, who

    @precondition(lambda self: self.moving)
    @rule(data=DRAWN, who=PEOPLE, back=st.booleans())
    def decide_on_transfer(self, data: st.DataObject, who: str, back: bool) -> None:
        id = data.draw(st.sampled_from(sorted(self.moving)))
        line, amount, proposed_by = self.moving[id]
        source, target = Account(line, "free"), Account(OTHER[line], "free")
        if back:
            self.tried(None, who, "withdraw_transfer", id)
            del self.moving[id]
            return
        lasts = self.books.lowest(source, self.books.today) >= amount
        expected = "forbidden" if who == proposed_by else None if lasts else "budget-short"
        if self.tried(expected, who, "release_transfer", id):
            self.books.post(source, target, amount, self.books.today)
            del self.moving[id]

    # In advance

    @rule(data=DRAWN, who=PEOPLE, what=st.sampled_from(["release", "release", "withhold", "pay"]))
    def see_to_an_advance(self, data: st.DataObject, who: str, what: str) -> None:
        """Most often the one that is due next."""
        self.known_advances()
        ordered = sorted(self.advances, key=lambda id: (self.advances[id].due_on, id))
        waiting = [id for id in ordered if self.advances[id].state in ("planned", "released")][:1]
        id = data.draw(st.sampled_from(waiting * 4 + ordered))
        advance, today = self.advances[id], self.books.today
        possible = {"release": ("planned", "withheld"), "withhold": ("planned", "released"), "pay": ("released",)}
        expected = None if advance.state in possible[what] else "impossible-now"
        if what == "release" and who == FIRST:  # who has planned it
            expected = "forbidden"
        elif what == "release" and expected is None and advance.due_on > today:
            expected = "not-yet-effective"
        saying: dict[str, dict[str, Any]] = {"withhold": {"reason": "Probe"}, "pay": {"paid_on": today}}
        if self.tried(expected, who, f"{what}_tranche", id, **saying.get(what, {})):
            advance.state = {"release": "released", "withhold": "withheld", "pay": "paid"}[what]

    def known_advances(self) -> dict[UUID, tuple[Any, ...]]:
        """One that is new is planned: at first, or because more was agreed after the last had gone."""
        found = {id: tuple(rest) for id, *rest in self.rows(_ADVANCES)}
        for id, (state, _, due_on, *_) in found.items():
            assert state == self.advances.setdefault(id, Advance(due_on, "planned")).state
        return found

    @invariant()
    def advances_and_retention_are_what_is_agreed(self) -> None:
        found = self.known_advances()
        whole = -self.books.balances().get(SOURCE, NOTHING)
        left = whole - (whole * 5 / 100).quantize(CENT, "ROUND_HALF_UP")
        left -= sum((amount for state, amount, *_ in found.values() if state != "planned"), NOTHING)
        planned = [amount for state, amount, *_ in found.values() if state == "planned"]
        assert sum(planned, NOTHING) == max(left, NOTHING)
        assert not planned or max(planned) - min(planned) <= CENT
        for _, amount, _, shares in found.values():
            assert sum(shares) == amount
            assert abs(max(shares) - amount * 60 / 100) < CENT

    # For longer

    @rule(line=st.sampled_from(LINES), amount=AMOUNTS, claim=st.booleans(), after=st.sampled_from([1, 1, 2]))
    def grant_for_later(self, line: str, amount: Decimal, claim: bool, after: int) -> None:
        """It moves nothing, whatever there is."""
        basis = CommitmentBasis.GRANTED_CLAIM if claim else CommitmentBasis.VOLUNTARY
        said = {"amount": amount, "basis": basis, "fiscal_year": self.year + after}
        id = self.done(THIRD, claims.FORESEE, self.lines[line], **said)
        self.foreseen[id] = Foreseen(line, claim, amount, self.year + after)

    @precondition(lambda self: self.foreseen)
    @rule(data=DRAWN, away=st.booleans())
    def say_what_becomes_of_it(self, data: st.DataObject, away: bool) -> None:
        id = data.draw(st.sampled_from(sorted(self.foreseen)))
        each = self.foreseen[id]
        if away:
            self.done(FIRST, "drop_foreseen_commitment", id)
            del self.foreseen[id]
            return
        fits = each.claim or self.books.lowest(Account(each.line, "free"), self.books.today) >= each.amount
        expected = "not-yet-effective" if each.year > self.year else None if fits else "budget-short"
        if self.tried(expected, FIRST, "bind_foreseen_commitment", id):
            self.is_bound(id)

    def is_bound(self, id: UUID) -> None:
        each = self.foreseen.pop(id)
        query = "SELECT commitment_id FROM foreseen_commitment WHERE social_space_id = %s AND id = %s"
        ((commitment,),) = self.world.rows(query, self.space, id)
        self.books.bound[commitment] = Bound(each.line, each.claim, "committed", each.amount, self.books.today)
        self.take(each.line, "committed", each.amount)

    @property
    def space(self) -> UUID:
        ((space,),) = self.rows("SELECT social_space_id FROM budget_agreement WHERE id = %s")
        return UUID(str(space))

    # From a file

    @precondition(lambda self: self.world.carry is not None)
    @rule(amounts=st.lists(AMOUNTS, min_size=1, max_size=3))
    def import_bookings(self, amounts: Sequence[Decimal]) -> None:
        """By one, released by another; as far as it lasts."""
        free, today = Account("cross_case", "free"), self.books.today
        amounts = [
            each for place, each in enumerate(amounts) if sum(amounts[: place + 1]) <= self.books.lowest(free, today)
        ]
        if not amounts:
            return
        rows = {uuid4().hex: amount for amount in amounts}
        id = self.world.imported(self.lines["cross_case"], rows, today)
        query = "SELECT id, invoice_id, amount FROM booking WHERE agreement_id = %s AND import_id = %s"
        found = self.rows(query, id)
        assert sorted(amount for *_, amount in found) == sorted(amounts), "each once"
        for booking, invoice, amount in found:
            self.books.paid[booking] = Paid("cross_case", None, invoice, amount, today, FIRST, "released", SECOND)
            self.books.bills[invoice] = Bill(amount, amount)
        self.books.post(free, Account("cross_case", "booked"), sum(amounts, NOTHING), today)

    # How a year ends, and the next begins from it

    @precondition(lambda self: len(self.books.entries) > ENOUGH)
    @rule()
    def year_ends(self) -> None:
        past, books = self.agreement, self.books
        self.world.clock.day = books.today = date(self.year + 1, 1, 20)
        for id in [id for id, bound in books.bound.items() if bound.state == "reserved" or bound.left]:
            self.give_back(id)
        self.tried("year-open", FIRST, "prepare_settlement", past)
        self.done(SECOND, "close_budget_period", past, through=date(self.year, 12, 31))
        books.closed = date(self.year, 12, 31)
        if late := [id for id, each in self.foreseen.items() if each.year == self.year]:
            self.tried("still-foreseen", FIRST, "prepare_settlement", past)
            for id in late:
                self.tried("year-over", FIRST, "bind_foreseen_commitment", id)
                self.done(FIRST, "drop_foreseen_commitment", id)
                del self.foreseen[id]
        settlement, carried = self.settled(past)
        self.every_account_says_what_the_books_say()
        self.every_row_says_what_the_books_say()
        agreed = {line: amount for line, amount in self.rows(_AGREED) if amount}
        self.begin(self.done(FIRST, "open_next_period", past), self.year + 1)
        self.into_force(agreed)
        self.bound_by_the_agreement()
        expected = None if carried else "nothing-to-carry"
        if allocation := self.tried(expected, FIRST, "carry_over", settlement):
            self.tried("nothing-to-carry", FIRST, "carry_over", settlement)
            self.done(SECOND, "release_allocation", allocation)
            self.books.post(CARRIED, Account("case_unspecific", "free"), carried, self.books.today)
            self.carried_in = carried

    def settled(self, past: UUID) -> tuple[UUID, Decimal]:
        """Half of what is left goes back, the other half is carried over; what is missing the agency bears."""
        books = self.books
        left = {line: books.free(line) for line in self.lines}
        rest = sum(left.values(), NOTHING)
        carried = (max(rest, NOTHING) / 2).quantize(CENT, "ROUND_DOWN")
        settlement = self.done(FIRST, "prepare_settlement", past)
        told = dict(zip(_TOLD, self.rows(_SETTLEMENT)[0], strict=True))
        booked = sum((books.balances().get(Account(line, "booked"), NOTHING) for line in self.lines), NOTHING)
        paid = {id for id, each in self.advances.items() if each.state in ("released", "paid")}
        advanced = sum((amount for id, _, amount, *_ in self.rows(_ADVANCES) if id in paid), NOTHING)
        assert told == {
            "booked": booked,
            "overspent": max(-rest, NOTHING),
            "underspent": max(rest, NOTHING),
            "carried": carried,
            "advanced": advanced,
            "carried_in": self.carried_in,
            "payment": booked - advanced - self.carried_in + carried,
        }
        ((parts,),) = self.rows("SELECT sum(payment) FROM settlement_share WHERE agreement_id = %s")
        assert parts == told["payment"], "all of them make the whole"
        shares = {UUID(str(id)): (payment, own) for id, payment, own in self.rows(_SHARES)}
        common = told["payment"] - sum((own for _, own in shares.values()), NOTHING)
        for organisation, weight in NETWORKED.items():
            payment, own = shares[organisation]
            assert abs(payment - own - common * Decimal(weight) / 100) < CENT, "its own, and its part of what is common"
        self.done("provider_manager", "hand_in_proof", settlement, proof="Probe")
        self.tried("forbidden", FIRST, "check_settlement", settlement)
        self.done(SECOND, "check_settlement", settlement)
        self.done("provider_manager", "agree_settlement", settlement)
        self.done(THIRD, "pay_settlement", settlement)
        for line, amount in left.items():
            giver, taker = (Account(line, "free"), SOURCE) if amount > 0 else (SOURCE, Account(line, "free"))
            books.post(giver, taker, abs(amount), books.today)
        books.post(SOURCE, CARRIED, carried, books.today)
        books.procedures.clear()
        return settlement, carried

    def bound_by_the_agreement(self) -> None:
        """Claims first; then what is voluntary, as far as it lasts."""
        query = "SELECT id FROM foreseen_commitment WHERE social_space_id = %s ORDER BY basis, foreseen_on, id"
        for (id,) in self.world.rows(query, self.space):
            each = self.foreseen.get(id)
            if each is None or each.year != self.year:
                continue
            if each.claim or self.books.lowest(Account(each.line, "free"), self.books.today) >= each.amount:
                self.is_bound(id)

    @invariant()
    def nothing_foreseen_is_lost(self) -> None:
        query = "SELECT id FROM foreseen_commitment WHERE social_space_id = %s AND state = 'foreseen'"
        assert {id for (id,) in self.world.rows(query, self.space)} == set(self.foreseen)


ENOUGH = 5  # postings of a year: then it may end
_TOLD = ("booked", "overspent", "underspent", "carried", "advanced", "carried_in", "payment")
_SETTLEMENT = f"SELECT {', '.join(_TOLD)} FROM settlement WHERE agreement_id = %s"
_SHARES = """SELECT organisation_id, payment,
                    (SELECT coalesce(sum(amount), 0) FROM booking
                     WHERE agreement_id = mine.agreement_id AND organisation_id = mine.organisation_id
                         AND state = 'released')
                    - (SELECT coalesce(sum(part.amount), 0)
                       FROM tranche_share part JOIN tranche ON tranche.id = tranche_id
                       WHERE part.agreement_id = mine.agreement_id AND part.organisation_id = mine.organisation_id
                           AND tranche.state IN ('released', 'paid'))
             FROM settlement_share mine WHERE agreement_id = %s"""
_AGREED = "SELECT kind, agreed FROM budget_line WHERE agreement_id = %s"
_ADVANCES = """SELECT tranche.id, tranche.state, tranche.amount, tranche.due_on, array_agg(share.amount) AS shares
               FROM tranche JOIN tranche_share share ON share.tranche_id = tranche.id
               WHERE tranche.agreement_id = %s GROUP BY tranche.id"""
