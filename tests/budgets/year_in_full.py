"""What else goes on in a year of money: what is kept for a purpose, what providers record, and what both sides do about
money that is missing or left. `WITHOUT` says which operations are not played, and why."""

from decimal import Decimal
from typing import Any
from uuid import UUID

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from tests.budgets.bookkeeping import Account, Bound, Paid, Work
from tests.budgets.contract import FIRST, NETWORK
from tests.budgets.year_round import OTHER, YearRound
from tests.budgets.years import AMOUNTS, DRAWN, HOUR, LINES, PEOPLE, some

HOURS = st.sampled_from(["0.25", "1.00", "1.33", "4.00"])
REVIEW = {"notice", "agency_review", "network_review"}
STEPS: dict[str, tuple[str, str, set[str]]] = {  # by whom, of which kind, after which
    "give_notice": (FIRST, "notice", set()),
    "review_overspend_for_agency": (FIRST, "agency_review", {"notice"}),
    "review_overspend_for_network": ("provider_manager", "network_review", {"notice"}),
    "decide_on_overspend": (FIRST, "decision", REVIEW),
}


class YearInFull(YearRound):
    """All that moves money in an agreement's year, and what refuses to move it."""

    def begin(self, agreement: UUID, year: int) -> None:
        super().begin(agreement, year)
        self.steps: dict[UUID, set[str]] = {}  # of each over-spend procedure

    # For a purpose

    @precondition(lambda self: self.books.purposes)
    @rule(data=DRAWN, amount=AMOUNTS, who=PEOPLE)
    def bind_for_a_purpose(self, data: st.DataObject, amount: Decimal, who: str) -> None:
        """As far as what was carried in for it goes, whatever else the line has."""
        books, id = self.books, some(data, self.books.purposes)
        purpose = books.purposes[id]
        lasts = books.lowest(Account(purpose.line, "free"), books.today, for_a_purpose=True) >= amount
        if purpose.line == "case_specific":
            expected: str | None = "invalid-input"  # nothing is bound there but by decisions
        elif amount > purpose.amount - purpose.bound:
            expected = "beyond-earmark"
        else:
            expected = None if lasts else "budget-short"
        said = {"amount": str(amount), "purpose": "Fest", "allocation_id": id}
        if made := self.tried(expected, who, "commit_funds", self.lines[purpose.line], **said):
            whose: dict[str, Any] = {"granted_by": who, "purpose": id}
            books.bound[made] = Bound(purpose.line, False, "committed", amount, books.today, **whose)
            purpose.bound += amount
            books.kept.append((purpose.line, books.today, -amount))
            self.take(purpose.line, "committed", amount)

    # By the hour

    def own(self) -> list[UUID]:
        """What is bound for the provider that records."""
        return [id for id, bound in self.books.bound.items() if bound.organisation == NETWORK]

    @precondition(lambda self: self.own())
    @rule(data=DRAWN, hours=HOURS)
    def record_work(self, data: st.DataObject, hours: str) -> None:
        """Once a month. It moves nothing."""
        id, month = some(data, self.own()), self.books.today.replace(day=1)
        bound = self.books.bound[id]
        recorded = (each for each in self.books.work.values() if each.bound == id and each.state != "withdrawn")
        if bound.state not in ("committed", "partly_booked"):
            expected: str | None = "impossible-now"
        else:
            expected = "already-recorded" if month in {each.month for each in recorded} else None
        said = {"month": month, "kind": "hour", "hours": hours}
        if made := self.tried(expected, "provider_manager", "record_service", id, **said):
            amount = (Decimal(hours) * Decimal(HOUR)).quantize(Decimal("0.01"), "ROUND_HALF_UP")
            self.books.work[made] = Work(id, month, amount)

    @precondition(lambda self: self.books.work)
    @rule(data=DRAWN)
    def withdraw_work(self, data: st.DataObject) -> None:
        id = some(data, self.books.work)
        work = self.books.work[id]
        expected = None if work.state == "recorded" else "impossible-now"
        if self.tried(expected, "provider_manager", "withdraw_service_record", id):
            work.state = "withdrawn"

    @precondition(lambda self: self.books.work)
    @rule(data=DRAWN, who=PEOPLE, other=PEOPLE, enough=st.booleans())
    def bill_work(self, data: st.DataObject, who: str, other: str, enough: bool) -> None:
        """It is paid once, from an invoice that is large enough."""
        books, id = self.books, some(data, self.books.work)
        work, today = books.work[id], books.today
        self.enter_invoice(work.amount if enough else Decimal("0.01"), NETWORK)
        invoice = list(books.bills)[-1]
        wrong = self.wrong_with(books.bills[invoice], books.bound[work.bound], work.amount, today, who)
        expected = "invalid-input" if work.state != "recorded" else wrong
        said = {"service_record_id": id, "value_on": today}
        if made := self.tried(expected, who, "propose_booking", invoice, **said):
            line = books.bound[work.bound].line
            books.bills[invoice].proposed += work.amount
            books.paid[made] = Paid(line, work.bound, invoice, work.amount, today, who, work=id)
            work.state = "billed"
            self.released(made, other)

    # What both sides do about it

    @precondition(lambda self: self.books.procedures)
    @rule(data=DRAWN, step=st.sampled_from(list(STEPS)))
    def look_at_an_overspend(self, data: st.DataObject, step: str) -> None:
        """One after the other: notice, a review of each side, a decision. It moves nothing."""
        line = data.draw(st.sampled_from([line for line in LINES if line in self.books.procedures]))
        query = "SELECT id FROM overspend_procedure WHERE agreement_id = %s AND line_id = %s AND state = 'open'"
        ((id,),) = self.rows(query, self.lines[line])
        (who, kind, needs), done = STEPS[step], self.steps.setdefault(id, set())
        said = {"said": "Probe"} | ({"remedy": "top_up"} if kind == "decision" else {})
        if self.tried(None if needs <= done else "procedure-step-missing", who, step, id, **said):
            done.add(kind)

    @precondition(lambda self: self.left_over is not None)
    @rule(line=st.sampled_from(LINES), amount=AMOUNTS, who=PEOPLE, carry=st.booleans())
    def decide_on_what_is_left(self, line: str, amount: Decimal, who: str, carry: bool) -> None:
        """It is carried over, or moved to the other line as far as it lasts when somebody else releases that."""
        if carry:
            self.done(who, "decide_on_underspend", self.left_over, remedy="carry_over", said="Probe")
            self.decided = self.decided or set()
            return
        against = any(source == OTHER[line] for source, *_ in self.moving.values())
        where = {"line_id": self.lines[line], "target_id": self.lines[OTHER[line]]}
        said = {"remedy": "transfer", "amount": str(amount), "said": "Probe", **where}
        step = self.tried("cyclic-transfer" if against else None, who, "decide_on_underspend", self.left_over, **said)
        if step is not None:
            query = "SELECT transfer_id FROM underspend_step WHERE agreement_id = %s AND id = %s"
            ((transfer,),) = self.rows(query, step)
            self.moving[transfer] = line, amount, who
            self.decided = {*(self.decided or ()), transfer}

    @precondition(lambda self: self.left_over is not None)
    @rule(who=PEOPLE)
    def close_what_was_left(self, who: str) -> None:
        """Once it is decided, and what was decided is posted or withdrawn; or the last forecast leaves nothing over."""
        waiting = {*self.books.waiting, *self.moving} & (self.decided or set())
        undecided = self.decided is None and self.said_left > 0
        expected = "procedure-step-missing" if undecided or waiting else None
        if self.tried(expected, who, "close_underspend_procedure", self.left_over, outcome="Probe"):
            self.left_over = self.decided = None


TERMS = "a term of the draft: it moves nothing, and what comes of it in a settlement is tried in test_network.py"
TOLD = "it writes down or publishes and moves nothing"
WITHOUT = {
    "remove_budget_party": TERMS,
    "agree_network_shares": TERMS,
    "propose_budget_frame": "a frame refuses what is agreed beyond it, and moves nothing: test_frames.py",
    "agree_budget_frame": "as above",
    "give_up_frame_share": "as above",
    "take_position_on_transfer": "a word on a transfer moves nothing: test_transfers.py",
    "answer_on_transfer": "as above",
    "confirm_commitment": "it says who grants, and moves nothing: test_duties.py",
    "keep_frame_share": "as above",
    "accept_given_up_frame_share": "as above",
    "take_position_for_agency": "whoever puts the agreement into force says yes for the agency",
    "withdraw_valuation_rule": "nothing was valued by it yet",
    "record_monitored_service": TOLD,
    "name_invoice_document": TOLD,
    "start_export": TOLD,
    "start_release_export": TOLD,
    "release_figures": TOLD,
    "start_figure_release": TOLD,
    "start_settlements": "it performs `prepare_settlement`, of all agreements of the county",
}
