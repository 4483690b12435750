"""The rest of what may go on in a year of money: transfers, advances, what is foreseen for later years, files of
bookings; and how a year ends, is settled, and the next begins from it."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

from hypothesis import strategies as st
from hypothesis.stateful import invariant, precondition, rule

from service.domain.budgets.model import CommitmentBasis
from tests.budgets import claims
from tests.budgets.bookkeeping import CENT, NOTHING, Account, Bill, Bound, Foreseen, Paid, Waiting, shared
from tests.budgets.contract import FIRST, NETWORK, SECOND, THIRD
from tests.budgets.years import AMOUNTS, DRAWN, HALF, LINES, NETWORKED, OVERSPENT, PEOPLE, Money, some

OTHER = {"case_specific": "cross_case", "cross_case": "case_specific"}
SOURCE = Account(None, "source")
ADVANCES: dict[str, tuple[tuple[str, ...], str, dict[str, str]]] = {  # in which states, what it is then, what is said
    "release_tranche": (("planned", "withheld"), "released", {}),
    "withhold_tranche": (("planned", "released"), "withheld", {"reason": "Probe"}),
    "pay_tranche": (("released",), "paid", {}),
}
ADVANCING = st.sampled_from([*ADVANCES, "release_tranche"])


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
        id = some(data, self.moving)
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

    @rule(data=DRAWN, who=PEOPLE, what=ADVANCING)
    def see_to_an_advance(self, data: st.DataObject, who: str, what: str) -> None:
        """Most often the one that is due next."""
        self.known_advances()
        ordered = sorted(self.advances, key=lambda id: self.advances[id].due_on)  # of one day there is one
        waiting = [id for id in ordered if self.advances[id].state in ("planned", "released")][:1]
        id = some(data, waiting * 4, ordered)
        advance, today = self.advances[id], self.books.today
        before, after, more = ADVANCES[what]
        expected = None if advance.state in before else "impossible-now"
        if what == "release_tranche" and who == FIRST:  # who has planned it
            expected = "forbidden"
        elif what == "release_tranche" and expected is None and advance.due_on > today:
            expected = "not-yet-effective"
        if self.tried(expected, who, what, id, **more, **({"paid_on": today} if after == "paid" else {})):
            advance.state = after

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
        id = some(data, self.foreseen)
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
    @rule(data=DRAWN, amounts=st.lists(AMOUNTS, min_size=1, max_size=3), beyond=st.booleans())
    def import_bookings(self, data: st.DataObject, amounts: Sequence[Decimal], beyond: bool) -> None:
        """By one, released by another, on a line as far as it lasts and on what is bound; without the row that asks for
        more than that."""
        books, today = self.books, self.books.today
        free, rows, expected = (
            Account("cross_case", "free"),
            list[dict[str, Any]](),
            list[tuple[UUID | None, Decimal]](),
        )
        granted_by_others = [
            id
            for id, bound in books.bound.items()
            if bound.left and bound.granted_by not in (FIRST, SECOND) and self.bills_for(NETWORK, bound.organisation)
        ]
        for amount in amounts:
            whole = sum((each for place, each in expected if place is None), amount)
            if whole <= books.lowest(free, today):
                expected.append((None, amount))
                rows.append({"line_id": self.lines["cross_case"], "amount": amount})
        if granted_by_others:
            id = some(data, granted_by_others)
            bound = books.bound[id]
            if beyond:
                rows.append({"commitment_id": id, "amount": bound.left + CENT})
            expected.append((id, bound.left))
            rows.append({"commitment_id": id, "amount": bound.left})
        if not expected:
            return
        for each in rows:
            each |= {"external_number": (number := uuid4().hex), "invoice_number": number, "value_on": today}
        made = self.world.imported(rows)
        found = self.rows(_IMPORTED, made)
        expected.sort(key=lambda each: (each[0] is not None, each[1]))
        assert [tuple(each) for _, _, *each in found] == expected, "each once, and no more"
        for booking, invoice, place, amount in found:
            line = books.bound[place].line if place else "cross_case"
            books.paid[booking] = Paid(line, place, invoice, amount, today, FIRST, "released", SECOND)
            books.bills[invoice] = Bill(amount, NETWORK, amount)
            books.post(Account(line, "committed" if place else "free"), Account(line, "booked"), amount, today)
            if place:
                books.bound[place].booked += amount
                books.bound[place].state = "fully_booked"

    # How a year ends, and the next begins from it

    @precondition(lambda self: len(self.books.entries) > ENOUGH)
    @rule(data=DRAWN, disputes=st.sampled_from([0, 0, 1, 2]), earmark=st.sampled_from([None, "Ferien"]))
    def year_ends(self, data: st.DataObject, disputes: int, earmark: str | None) -> None:
        past, books = self.agreement, self.books
        self.world.clock.day = books.today = date(self.year + 1, 1, 20)
        self.give_everything_back()
        self.tried("year-open", FIRST, "prepare_settlement", past)
        self.done(SECOND, "close_budget_period", past, through=date(self.year, 12, 31))
        books.closed = date(self.year, 12, 31)
        if late := [id for id, each in self.foreseen.items() if each.year == self.year]:
            self.tried("still-foreseen", FIRST, "prepare_settlement", past)
            for id in late:
                self.tried("year-over", FIRST, "bind_foreseen_commitment", id)
                self.done(FIRST, "drop_foreseen_commitment", id)
                del self.foreseen[id]
        for _ in range(disputes):
            self.worked_out_anew(data)
        settlement, carried, lacking = self.settled(past)
        self.every_account_says_what_the_books_say()
        self.every_row_says_what_the_books_say()
        agreed = {line: amount for line, amount in self.rows(_AGREED) if amount}
        self.begin(self.done(FIRST, "open_next_period", past), self.year + 1)
        self.into_force(agreed)
        self.bound_by_the_agreement()
        if carried < 0:
            self.tried("invalid-input", FIRST, "carry_over", settlement, earmark="Ferien")
            earmark = None
        expected = None if carried else "nothing-to-carry"
        if allocation := self.tried(expected, FIRST, "carry_over", settlement, earmark=earmark):
            self.tried("nothing-to-carry", FIRST, "carry_over", settlement)
            line = lacking or "case_unspecific"
            self.books.waiting[allocation] = Waiting(line, carried, self.books.today, FIRST, "carry_in", earmark)
            self.allocated(allocation, FIRST)
            self.allocated(allocation, SECOND)

    def give_everything_back(self) -> None:
        for id in [id for id, bound in self.books.bound.items() if bound.state == "reserved" or bound.left]:
            self.give_back(id)

    def worked_out_anew(self, data: st.DataObject) -> None:
        """The network does not agree: what was wrongly booked is reversed, what was missing is booked, late; nobody has
        to wait for anything but what is still open."""
        settlement = self.prepared()
        self.done("provider_manager", "dispute_settlement", settlement, dispute="Probe")
        self.tried("impossible-now", THIRD, "pay_settlement", settlement)
        self.done(SECOND, "rework_settlement", settlement)
        self.reworked = True
        if data.draw(st.booleans()) and self.books.paid:
            self.reverse(data, data.draw(PEOPLE), 0)
            if any(bound.left for bound in self.books.bound.values()):
                self.tried("still-bound", FIRST, "prepare_settlement", self.agreement)
                self.give_everything_back()
        if data.draw(st.booleans()):
            self.enter_invoice(data.draw(AMOUNTS), NETWORK)
            late = self.proposed(data, data.draw(AMOUNTS), FIRST, 0, False)
            if late is not None:
                self.tried("still-proposed", FIRST, "prepare_settlement", self.agreement)
                self.released(late, data.draw(PEOPLE))
                if self.books.paid[late].state == "proposed":
                    self.done(FIRST, "withdraw_booking", late)
                    self.books.paid[late].state = "withdrawn"
                    self.not_paid(self.books.paid[late])
        self.give_everything_back()

    def prepared(self) -> UUID:
        """A settlement that is proved and checked."""
        settlement = self.done(FIRST, "prepare_settlement", self.agreement)
        provers = ("provider_manager", FIRST) if self.proving == "lead_provider" else (FIRST, "provider_manager")
        self.tried("forbidden", provers[1], "hand_in_proof", settlement, proof="Probe")
        self.done(provers[0], "hand_in_proof", settlement, proof="Probe")
        self.tried("forbidden", FIRST, "check_settlement", settlement)
        self.done(SECOND, "check_settlement", settlement)
        return settlement

    def settled(self, past: UUID) -> tuple[UUID, Decimal, str | None]:
        """By the bands of the agreement, after lines have covered each other: what of it is carried over, below zero
        where something is missing, and then on which line most is."""
        books = self.books
        left = {line: books.free(line) for line in self.lines}
        rest = sum(left.values(), NOTHING)
        released = [each for each in books.paid.values() if each.state == "released"]
        booked, outside = (
            sum((each.amount for each in released if each.outside or not only), NOTHING) for only in (False, True)
        )
        whole = -books.balances().get(SOURCE, NOTHING)
        over = (
            shared(max(-rest - outside, NOTHING), whole, OVERSPENT) if rest < 0 else shared(NOTHING, whole, OVERSPENT)
        )
        under = shared(max(rest, NOTHING), whole, [HALF])
        carried, network = under["carry"] - over["carry"], over["network"] - under["network"]
        settlement = self.prepared()
        told = dict(zip(_TOLD, self.rows(_SETTLEMENT, settlement)[0], strict=True))
        paid = {id for id, each in self.advances.items() if each.state in ("released", "paid")}
        advanced = sum((amount for id, _, amount, *_ in self.rows(_ADVANCES) if id in paid), NOTHING)
        assert told == {
            "booked": booked,
            "outside": outside,
            "overspent": max(-rest, NOTHING),
            "underspent": max(rest, NOTHING),
            "network": network,
            "carried": carried,
            "advanced": advanced,
            "carried_in": self.carried_in,
            "payment": booked - outside - advanced - self.carried_in - network + carried,
        }
        self.shares_make(told["payment"], settlement)
        self.tried("forbidden", FIRST, "agree_settlement", settlement)
        self.done("provider_manager", "agree_settlement", settlement)
        self.tried("forbidden", SECOND, "pay_settlement", settlement)
        self.done(THIRD, "pay_settlement", settlement)
        self.closed_with(left, {"carry_over": carried, "settlement": -network})
        return settlement, carried, lacking_most(left) if carried < 0 else None

    def closed_with(self, left: Mapping[str, Decimal], kept: Mapping[str, Decimal]) -> None:
        """Every line ends at zero, nothing is kept for a purpose any more, no procedure is open."""
        books = self.books
        for line, amount in left.items():
            giver, taker = (Account(line, "free"), SOURCE) if amount > 0 else (SOURCE, Account(line, "free"))
            books.post(giver, taker, abs(amount), books.today)
            if purposes := books.kept_on(line):
                books.kept.append((line, books.today, -purposes))
        for kind, amount in kept.items():
            giver, taker = (SOURCE, Account(None, kind)) if amount > 0 else (Account(None, kind), SOURCE)
            books.post(giver, taker, abs(amount), books.today)
        books.procedures.clear()

    def shares_make(self, payment: Decimal, settlement: UUID) -> None:
        """Together the whole; each what was booked for it less its advances, and its part of what is common. Where
        whoever leads bills for all, what was booked is everybody's."""
        booked: dict[UUID, Decimal] = defaultdict(Decimal)
        for each in self.books.paid.values():
            if each.state == "released" and not each.outside:
                booked[self.books.bills[each.invoice].organisation] += each.amount
        if self.billing == "lead_provider":
            all_booked = sum(booked.values(), NOTHING)
            booked |= {each: all_booked * Decimal(weight) / 100 for each, weight in NETWORKED.items()}
        shares = {
            UUID(str(id)): (share, booked[id] - advanced) for id, share, advanced in self.rows(_SHARES, settlement)
        }
        assert sum((share for share, _ in shares.values()), NOTHING) == payment, "all of them make the whole"
        common = payment - sum((own for _, own in shares.values()), NOTHING)
        for organisation, weight in NETWORKED.items():
            share, own = shares[organisation]
            assert abs(share - own - common * Decimal(weight) / 100) < 2 * CENT, "its own, and its part of the rest"

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


GIVING = ("reserve", "cross_case", "case_specific", "case_unspecific")
ENOUGH = 5  # postings of a year: then it may end
_TOLD = (
    *("booked", "outside", "overspent", "underspent", "network", "carried"),
    *("advanced", "carried_in", "payment"),
)
_SETTLEMENT = f"SELECT {', '.join(_TOLD)} FROM settlement WHERE agreement_id = %s AND id = %s"
_SHARES = """SELECT organisation_id, payment,
                    (SELECT coalesce(sum(part.amount), 0)
                     FROM tranche_share part JOIN tranche ON tranche.id = tranche_id
                     WHERE part.agreement_id = mine.agreement_id AND part.organisation_id = mine.organisation_id
                         AND tranche.state IN ('released', 'paid'))
             FROM settlement_share mine WHERE agreement_id = %s AND settlement_id = %s"""
_IMPORTED = """SELECT id, invoice_id, commitment_id, amount FROM booking WHERE agreement_id = %s AND import_id = %s
               ORDER BY commitment_id IS NOT NULL, amount"""
_AGREED = "SELECT kind, agreed FROM budget_line WHERE agreement_id = %s"
_ADVANCES = """SELECT tranche.id, tranche.state, tranche.amount, tranche.due_on, array_agg(share.amount) AS shares
               FROM tranche JOIN tranche_share share ON share.tranche_id = tranche.id
               WHERE tranche.agreement_id = %s GROUP BY tranche.id"""


def lacking_most(left: Mapping[str, Decimal]) -> str:
    """The line on which most is missing, once what others have left has covered one after the other."""
    given = sum((amount for amount in left.values() if amount > 0), NOTHING)
    lacking = dict[str, Decimal]()
    for line in GIVING:
        missing = max(-left[line], NOTHING)
        covered = min(given, missing)
        given, lacking[line] = given - covered, missing - covered
    return max(lacking, key=lambda line: lacking[line])
