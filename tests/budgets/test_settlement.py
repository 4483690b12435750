"""How a year ends: worked out once, by the rules of the contract, between the agency and the network, to the cent."""

import asyncio
import csv
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import uuid4

import httpx
import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.demo.people import KOMPASS, LICHTUNG
from service.domain.budgets.sharing import Band, closed, in_bands, wrong_place
from service.domain.values import new_id
from tests.budgets.conftest import Draft
from tests.budgets.contract import NETWORK, STRANGER, Contract, DayToBe, Proof, waiting
from tests.budgets.imports import checked, released, row, whole
from tests.conftest import Database
from tests.faces import FACES, Face, Said, Told

AFTER = date(2028, 1, 20)
SERVICE = {"name": "Heim", "legal_basis": "§ 78a", "planned": "1.00", "actual": "1.00"}
OVER = [
    {"above": "0.00", "up_to": "1.00", "agency": "0.00", "network": "0.00", "carry": "100.00"},
    {"above": "1.00", "up_to": "5.00", "agency": "70.00", "network": "30.00", "carry": "0.00"},
    {"above": "5.00", "agency": "100.00", "network": "0.00", "carry": "0.00"},
]
UNDER = [
    {"above": "0.00", "up_to": "6.00", "agency": "50.00", "network": "0.00", "carry": "50.00"},
    {"above": "6.00", "agency": "100.00", "network": "0.00", "carry": "0.00"},
]
LEFT = st.dictionaries(st.sampled_from("abcd"), st.decimals(-(10**7), 10**7, places=2), min_size=1)
SHARES = st.lists(st.integers(0, 10000), min_size=2, max_size=2).map(sorted)
BANDS = st.lists(st.tuples(st.integers(1, 900), SHARES), max_size=6)


def banded(reaches: Sequence[tuple[int, list[int]]]) -> list[Band]:
    """One after the other, the last without end."""
    bands, above = list[Band](), Decimal("0.00")
    for number, (reach, (low, high)) in enumerate(reaches):
        up_to = None if number == len(reaches) - 1 else above + Decimal(reach) / 100
        shares = (Decimal(part) / 100 for part in (low, high - low, 10000 - high))
        bands.append(Band(above, up_to, *shares))
        above = up_to or above
    return bands


class TestArithmetic:
    @given(left=LEFT, most=st.decimals(0, 10**7, places=2))
    def test_lines_cover_each_other_as_far_as_they_may(self, left: dict[str, Decimal], most: Decimal) -> None:
        closing = closed(left, {line: min(amount, most) for line, amount in left.items()})
        for line, amount in left.items():
            gives = sum((flow.amount for flow in closing.cover if flow.source == line), Decimal(0))
            gets = sum((flow.amount for flow in closing.cover if flow.target == line), Decimal(0))
            assert gives <= min(max(amount, Decimal(0)), most)
            rest = closing.under.get(line, Decimal(0)) - closing.over.get(line, Decimal(0))
            assert amount - gives + gets == rest
        could = any(amount > 0 and min(left[line], most) > 0 for line, amount in closing.under.items())
        spent = all(
            sum((flow.amount for flow in closing.cover if flow.source == line), Decimal(0)) == min(amount, most)
            for line, amount in left.items()
            if amount > 0
        )
        assert not closing.over or not could or spent, "nothing is missing while somebody could still give"

    @given(rest=st.decimals(0, 10**8, places=2), base=st.decimals(1, 10**8, places=2), reaches=BANDS.filter(bool))
    def test_bands_share_the_whole_and_no_cent_more(
        self, rest: Decimal, base: Decimal, reaches: list[tuple[int, list[int]]]
    ) -> None:
        bands = banded(reaches)
        assert wrong_place(bands) is None
        parts = in_bands(rest, base, bands)
        assert sum((part.amount for part in parts), Decimal(0)) == rest
        assert all(part.agency + part.network + part.carry == part.amount for part in parts)


@pytest.mark.parametrize(
    ("bands", "place"),
    [
        ([OVER[0], {**OVER[1], "above": "2.00"}, OVER[2]], "band 1: there is a gap from 1.00 to 2.00"),
        ([OVER[0], {**OVER[1], "above": "0.50"}, OVER[2]], "band 1: overlaps the one before"),
        ([OVER[0], {**OVER[1], "up_to": "1.00"}, OVER[2]], "band 1: ends before it begins"),
        ([OVER[2], OVER[2]], "band 0: there is a gap from 0.00 to 5.00"),
        ([{**OVER[2], "above": "0.00"}, OVER[2]], "band 1: overlaps the one before"),
        (OVER[:2], "band 1: has to be without end"),
        ([{**OVER[0], "carry": "99.99"}], "band 0: agency, network and carry do not make 100.00"),
    ],
)
@pytest.mark.anyio
async def test_bands_with_gaps_or_overlaps_are_refused(drafted: Draft, bands: list[Said], place: str) -> None:
    contract = await drafted()
    told = await agree(contract, "overspend", bands)
    assert (told.code, told.value["place"]) == ("bands-do-not-fit", place)
    assert [
        each for each in (await contract.first.many("deviation_rules")).rows if each["agreement_id"] == contract.id
    ] == []


async def agree(contract: Contract, direction: str, bands: Sequence[Said]) -> Told:
    said: Said = {"direction": direction, "bands": bands}
    return await contract.first.do("agree_deviation_rule", contract.id, id=str(new_id()), **said)


Year = Callable[..., Any]


@pytest.fixture
def network(face: str, client_of: Callable[..., httpx.AsyncClient]) -> Face:
    """The manager of the provider that is party to the agreement."""
    return FACES[face](client_of("provider_manager"))


@pytest.fixture
def played(drafted: Draft, clock: DayToBe) -> Year:
    """A year to its end: 1,000 for cross-case work, 500 for case-unspecific work of which 400 are its floor; 100 were
    carried in. What is spent on each is paid to the network, or (`stranger`) outside of it."""

    async def play(cross_case: str, case_unspecific: str, stranger: str | None = None) -> Contract:
        lines = {"cross_case": "1000.00", "case_unspecific": "500.00", "floor": "400.00", "retention": "10.00"}
        contract = await drafted(**lines, product_account="36.3")
        party: Said = {"organisation_id": str(NETWORK), "share": "100.00", "payee_number": "K 1"}
        await contract.first.do("add_budget_party", contract.id, id=str(new_id()), **party)
        for direction, bands in (("overspend", OVER), ("underspend", UNDER)):
            assert (await agree(contract, direction, bands)).status == 201
        await contract.approve()
        told = await contract.activate()
        assert told.status == 200, told
        for line, amount in (("cross_case", cross_case), ("case_unspecific", case_unspecific)):
            await contract.booked(amount, line_id=contract.lines[line])
        if stranger:
            invoice = await contract.invoice(stranger, STRANGER, payee_number="K 9")
            await contract.release(await contract.propose(invoice, stranger, line_id=contract.lines["cross_case"]))
        clock.day = AFTER
        return contract

    return play


async def prepared(contract: Contract) -> Told:
    assert (await contract.close_through("2027-12-31")).status == 200
    return await contract.second.do("prepare_settlement", contract.id, id=str(new_id()))


@pytest.mark.anyio
class TestSettlement:
    async def test_an_under_spend_year_is_shared_carried_and_goes_on(
        self, played: Year, network: Face, proof_of: Callable[[str], Proof], clock: DayToBe
    ) -> None:
        """1,500 agreed, 1,300 spent: of the 200 left 6 % (90) are halved and the rest goes back."""
        contract = await played("850.00", "450.00")
        told = await prepared(contract)
        amounts = ("overspent", "underspent", "agency", "network", "carried", "payment")
        assert [told[name] for name in amounts] == ["0.00", "200.00", "-155.00", "0.00", "45.00", "1345.00"]
        settlement = told["id"]
        told = await network.do("hand_in_proof", settlement, 1, proof="Ordner 12")
        assert (await contract.second.do("check_settlement", settlement, 2)).code == "forbidden", "prepared by herself"
        assert (await contract.first.do("check_settlement", settlement, 2))["state"] == "checked"
        disputed = await network.do("dispute_settlement", settlement, 3, dispute="Der Garten fehlt")
        assert (disputed["state"], disputed["dispute"]) == ("disputed", "Der Garten fehlt")
        assert (await contract.third.do("pay_settlement", settlement, 4)).code == "impossible-now"
        agreed = await network.do("agree_settlement", settlement, 4)
        assert (agreed["state"], agreed["dispute"]) == ("agreed", "Der Garten fehlt"), "it stays on record"
        assert (await contract.first.do("pay_settlement", settlement, 5)).code == "forbidden", "checked by himself"
        assert (await contract.third.do("pay_settlement", settlement, 5))["state"] == "paid"
        for line in ("cross_case", "case_unspecific"):
            assert (await contract.figures(line))[4] == "0.00"
        proof_of(contract.id).holds()
        following = await contract.first.do("open_next_period", contract.id, id=str(new_id()))
        assert (following["fiscal_year"], following["floor"], following["state"]) == (2028, "400.00", "draft")
        early = await contract.first.do("carry_over", settlement, id=str(new_id()))
        assert early.code == "no-next-period"
        next_year = replace(contract, id=following["id"])
        await next_year.approve()
        assert (await next_year.activate()).status == 200
        carried = await contract.first.do("carry_over", settlement, id=str(new_id()))
        assert (await contract.first.do("withdraw_allocation", carried["id"], 1))["state"] == "withdrawn"
        carried = await contract.first.do("carry_over", settlement, id=str(new_id()), earmark="Garten")
        assert (carried["amount"], carried["kind"], carried["reason"]) == ("45.00", "carry_in", "Übertrag aus 2027")
        assert (await contract.first.do("carry_over", settlement, id=str(new_id()))).code == "nothing-to-carry"
        assert (await contract.second.do("release_allocation", carried["id"], 1))["state"] == "released"
        line = await contract.first.one("budget_line", carried["line_id"])
        assert (line["kind"], line["approved"]) == ("case_unspecific", "545.00"), "earmarked for work without a case"
        assert (line["free"], line["earmarked"]) == ("545.00", "45.00"), "and of that for the garden"
        proof_of(following["id"]).holds()

    async def test_without_a_network_the_agency_settles_with_itself(self, drafted: Draft, clock: DayToBe) -> None:
        """By three persons, as in all years: who checks it neither prepares, proves, agrees to nor pays it."""
        contract = await drafted(cross_case="1000.00", case_unspecific="500.00", floor="400.00", retention="10.00")
        assert (await contract.activate()).status == 200
        garden: Said = {"kind": "carry_in", "amount": "70.00", "effective_on": "2027-01-01", "earmark": "Garten"}
        kept = await contract.first.do("propose_allocation", contract.lines["cross_case"], reason="Rest", **garden)
        await contract.second.do("release_allocation", kept["id"], 1)
        await contract.booked("850.00", line_id=contract.lines["cross_case"])
        clock.day = AFTER
        settlement = (await prepared(contract))["id"]
        assert (await contract.network.do("hand_in_proof", settlement, 1, proof="Ordner 1")).status in (403, 404)
        assert (await contract.first.do("hand_in_proof", settlement, 1, proof="Ordner 1")).status == 200
        assert (await contract.first.do("check_settlement", settlement, 2)).code == "forbidden", "proved by himself"
        assert (await contract.third.do("check_settlement", settlement, 2)).status == 200
        assert (await contract.third.do("agree_settlement", settlement, 3)).code == "forbidden", "checked by himself"
        assert (await contract.second.do("agree_settlement", settlement, 3))["state"] == "agreed"
        assert (await contract.first.do("pay_settlement", settlement, 4))["state"] == "paid"
        line = await contract.first.one("budget_line", contract.lines["cross_case"])
        assert (line["free"], line["earmarked"]) == ("0.00", "0.00"), "what was kept is left over like all else"

    async def test_a_settled_year_expires_by_its_last_day_and_nobody_has_to_say_so(
        self, played: Year, network: Face, clock: DayToBe
    ) -> None:
        contract = await played("850.00", "450.00")
        settlement = (await prepared(contract))["id"]

        async def told_on(day: date) -> tuple[str, list[str]]:
            """Its state that day; and in which of the lists by state it stands."""
            clock.day = day
            asked = {"social_space_id": str(contract.space), "limit": 200}
            client = contract.first.client
            listed = [
                state
                for state in ("settled", "expired", "year_closed")
                if (await client.get("/v1/budget-agreements", params={**asked, "state": state})).json()["items"]
            ]
            return (await contract.first.one("budget_agreement", contract.id))["state"], listed

        assert await told_on(date(2029, 3, 1)) == ("year_closed", ["year_closed"]), "what is owed keeps it"
        clock.day = AFTER
        await network.do("hand_in_proof", settlement, 1, proof="Ordner")
        await contract.first.do("check_settlement", settlement, 2)
        await network.do("agree_settlement", settlement, 3)
        assert (await contract.second.do("pay_settlement", settlement, 4)).status == 200
        following = await contract.first.do("open_next_period", contract.id, id=str(new_id()))
        next_year = replace(contract, id=following["id"])
        await next_year.approve()
        assert (await next_year.activate()).status == 200
        assert await told_on(date(2028, 12, 31)) == ("settled", ["settled"])
        assert await told_on(date(2029, 1, 1)) == ("expired", ["expired"])
        for what, on, said in (
            ("open_next_period", contract.id, {}),
            ("run_forecast", contract.id, {"method": "Probe"}),
            ("record_monitored_service", contract.id, SERVICE),
        ):
            refused = await contract.first.do(what, on, id=str(new_id()), **said)
            assert refused.code == "agreement-expired", what
        carried = await contract.first.do("carry_over", settlement, id=str(new_id()))
        assert carried["amount"] == "45.00", "it belongs to the next year, which is in force"
        assert await told_on(AFTER) == ("settled", ["settled"])

    async def test_an_agreement_may_name_its_own_last_day(self, drafted: Draft) -> None:
        contract = await drafted()

        async def ends(day: str) -> Told:
            return await contract.first.do(
                "change_budget_agreement", contract.id, await contract.version(), expires_on=day
            )

        assert (await ends("2027-12-30")).value["errors"][0]["pointer"] == "#/expires_on"
        assert (await ends("2030-06-30"))["expires_on"] == "2030-06-30"
        last = max(await contract.listed("terms-changes"), key=lambda row: row["id"])
        assert (last["term"], last["after"]) == ("expires_on", "2030-06-30")

    async def test_nothing_is_settled_while_something_is_open(self, played: Year) -> None:
        contract = await played("850.00", "450.00")
        told = await contract.first.do("prepare_settlement", contract.id, id=str(new_id()))
        assert told.code == "year-open"

    async def test_nothing_is_settled_while_money_is_bound(self, played: Year, clock: DayToBe) -> None:
        contract = await played("850.00", "450.00")
        clock.day = date(2027, 12, 1)
        await contract.commit("cross_case", "12.00")
        clock.day = AFTER
        told = await prepared(contract)
        assert (told.code, told.value["committed"]) == ("still-bound", "12.00")

    async def test_what_is_settled_is_not_reversed(self, played: Year, clock: DayToBe) -> None:
        contract = await played("850.00", "449.00")
        clock.day = date(2027, 12, 1)
        booking = await contract.booked("1.00", line_id=contract.lines["case_unspecific"])
        clock.day = AFTER
        assert (await prepared(contract)).status == 201
        told = await contract.first.do("reverse_booking", booking["id"], booking.version, reason="Doppelt")
        assert (told.code, told.value["errors"][0]["detail"]) == ("invalid-input", "the year is settled")

    async def test_a_settlement_counts_what_happens_at_the_same_moment(
        self, played: Year, clock: DayToBe, database: Database, proof_of: Callable[[str], Proof]
    ) -> None:
        """A booking is reversed and a tranche released, but neither has ended yet: the settlement waits for them. What
        comes after it is refused, and so is what is too late for a year whose books are closed."""
        contract = await played("850.00", "449.00")
        clock.day = date(2027, 12, 1)
        booking = await contract.booked("1.00", line_id=contract.lines["case_unspecific"])
        days = {"calendar": "own", "days": ["2027-06-01", "2027-07-01"]}
        await contract.first.do("plan_tranches", contract.id, await contract.version(), **days)
        rows = (await contract.first.many("tranches")).rows
        first, second = (row for row in rows if row["agreement_id"] == contract.id)
        moving: Said = {"target_id": contract.lines["case_unspecific"], "amount": "10.00", "reason": "Garten"}
        transfer = await contract.first.do("propose_transfer", contract.lines["cross_case"], id=str(new_id()), **moving)
        clock.day = AFTER
        assert (await contract.close_through("2027-12-31")).status == 200
        late = await contract.first.do("propose_transfer", contract.lines["cross_case"], id=str(new_id()), **moving)
        assert (late.code, late.value["closed_through"]) == ("period-closed", "2027-12-31")
        assert (await contract.second.do("release_transfer", transfer["id"], 1)).code == "period-closed"
        with psycopg.connect(database.superuser) as connection:
            connection.execute("LOCK TABLE event IN SHARE MODE")  # nobody can tell what has been done, and so end
            doing = [
                asyncio.create_task(
                    contract.first.do("reverse_booking", booking["id"], booking.version, reason="Storno")
                ),
                asyncio.create_task(contract.second.do("release_tranche", first["id"], first["version"])),
            ]
            await waiting(database, 2)
            doing.append(asyncio.create_task(contract.second.do("prepare_settlement", contract.id, id=str(new_id()))))
            await waiting(database, 3)
        *done, told = await asyncio.gather(*doing)
        assert [each.status for each in (*done, told)] == [200, 200, 201]
        assert (told["booked"], told["advanced"]) == ("1299.00", first["amount"])
        withheld = await contract.first.do("withhold_tranche", first["id"], done[1].version, reason="Nachweis fehlt")
        assert withheld.code == "agreement-not-active", "it is counted"
        assert (
            await contract.second.do("release_tranche", second["id"], second["version"])
        ).code == "agreement-not-active"
        proof_of(contract.id).holds()

    async def test_a_reversal_at_that_very_moment_waits_and_is_refused(
        self, played: Year, clock: DayToBe, database: Database
    ) -> None:
        """While somebody prepares the settlement, which holds the agreement, nothing slips past its figures."""
        contract = await played("850.00", "449.00")
        clock.day = date(2027, 12, 1)
        booking = await contract.booked("1.00", line_id=contract.lines["case_unspecific"])
        clock.day = AFTER
        assert (await contract.close_through("2027-12-31")).status == 200
        async with await psycopg.AsyncConnection.connect(database.superuser) as preparing:
            await preparing.execute("SELECT FROM budget_agreement WHERE id = %s FOR NO KEY UPDATE", [contract.id])
            reversing = asyncio.create_task(
                contract.first.do("reverse_booking", booking["id"], booking.version, reason="Doppelt")
            )
            assert (await asyncio.wait([reversing], timeout=0.3))[0] == set()  # waits
            await preparing.execute("UPDATE budget_agreement SET state = 'year_closed' WHERE id = %s", [contract.id])
        told = await reversing
        assert (told.code, told.value["errors"][0]["detail"]) == ("invalid-input", "the year is settled")

    async def test_who_is_outside_of_the_network_is_paid_and_not_shared(self, played: Year) -> None:
        contract = await played("900.00", "450.00", stranger="60.00")
        told = await prepared(contract)
        names = ("booked", "outside", "underspent", "payment")
        assert [told[name] for name in names] == ["1410.00", "60.00", "90.00", "1395.00"]

    async def test_the_cash_office_pays_from_a_file(self, played: Year, client_of: Callable[..., Any]) -> None:
        """What a settlement still pays to whom; and the invoices of whoever has had no advances."""
        contract = await played("900.00", "450.00", stranger="60.00")

        async def file(path: str, **where: str) -> list[list[str]]:
            asked = {"agreement_id": contract.id, **where}
            answer = await client_of("controller").get(path, params=asked, headers={"accept": "text/csv"})
            names, *rows = csv.reader(answer.text.splitlines())
            wanted = ("product_account", "payee_number", "payee", "amount" if "amount" in names else "payment")
            return [[row[names.index(name)] for name in wanted] for row in rows]

        outside = [["36.3", "K 9", KOMPASS, "60.00"]]  # as its invoice says
        assert await file("/v1/invoice-payments") == outside, "the network has had advances"
        inside = await file("/v1/invoice-payments", outside_network="false")
        assert sorted(row[1:] for row in inside) == [["K 1", LICHTUNG, "450.00"], ["K 1", LICHTUNG, "900.00"]]
        assert await file("/v1/invoice-payments", released_since="2027-03-15", reversed_until="2029-01-01") == []
        assert await file("/v1/invoice-payments", released_since="2027-03-15") == outside
        assert await file("/v1/invoice-payments", released_since="2027-03-16") == [], "no second time"
        (wrong,) = [each for each in await contract.listed("bookings") if each["amount"] == "60.00"]
        said: Said = {"reason": "Irrtum", "value_on": "2027-12-31"}
        assert (await contract.first.do("reverse_booking", wrong["id"], wrong["version"], **said)).status == 200
        assert await file("/v1/invoice-payments", state="released") == [], "nothing any more"
        assert await file("/v1/invoice-payments", reversed_since=AFTER.isoformat()) == outside, "to be asked back"
        await prepared(contract)
        assert await file("/v1/settlement-shares") == [["36.3", "K 1", LICHTUNG, "1395.00"]]

    async def test_what_is_disputed_is_put_right_and_worked_out_anew(
        self, played: Year, network: Face, proof_of: Callable[[str], Proof]
    ) -> None:
        contract = await played("850.00", "450.00")
        first = (await prepared(contract))["id"]
        await network.do("hand_in_proof", first, 1, proof="Ordner 12")
        await contract.first.do("check_settlement", first, 2)
        assert (await contract.first.do("rework_settlement", first, 3)).code == "impossible-now", "nobody has objected"
        await network.do("dispute_settlement", first, 3, dispute="Einmal zu viel gebucht")
        assert (await network.do("rework_settlement", first, 4)).code == "forbidden"
        assert (await contract.first.do("rework_settlement", first, 4))["state"] == "reworked"
        (twice,) = [each for each in await contract.listed("bookings") if each["amount"] == "450.00"]
        reversed_ = await contract.first.do("reverse_booking", twice["id"], twice["version"], reason="Doppelt")
        assert reversed_.status == 200, reversed_
        where = {"line_id": contract.lines["cross_case"]}
        early = await contract.propose(await contract.invoice("1.00"), "1.00", value_on="2027-12-31", **where)
        assert early.code == "invalid-input", "the books stay closed"
        missing = await contract.propose(await contract.invoice("20.00"), "20.00", **where)
        assert (missing.status, missing["value_on"]) == (201, AFTER.isoformat())
        told = await contract.second.do("prepare_settlement", contract.id, id=str(new_id()))
        assert (told.code, told.value["booking_id"]) == ("still-proposed", missing["id"])
        assert (await contract.release(missing)).status == 200
        told = await contract.second.do("prepare_settlement", contract.id, id=str(new_id()))
        assert (told["booked"], told["underspent"], told["payment"]) == ("870.00", "630.00", "915.00")
        before = await contract.first.one("settlement", first)
        assert (before["booked"], before["dispute"]) == ("1300.00", "Einmal zu viel gebucht"), "it stays on record"
        again = await contract.second.do("prepare_settlement", contract.id, id=str(new_id()))
        assert again.code == "impossible-now", "one at a time"
        proof_of(contract.id).holds()

    async def test_what_was_missing_in_it_comes_from_a_file_as_well(
        self, played: Year, network: Face, sent: Any, carry: Any, clock: DayToBe, database: Database
    ) -> None:
        """As long as it is worked out anew, and no longer: also where it is settled after the check."""
        contract = await played("850.00", "450.00")
        rows = [row(uuid4().hex, "20.00", line_id=contract.lines["cross_case"], value_on=AFTER.isoformat())]
        _, findings = await checked(contract.first, await sent(contract.first, rows), carry)
        assert [each["field"] for each in findings] == ["value_on"]
        first = (await prepared(contract))["id"]
        await network.do("hand_in_proof", first, 1, proof="Ordner 12")
        await contract.first.do("check_settlement", first, 2)
        await network.do("dispute_settlement", first, 3, dispute="Eine Rechnung fehlt")
        await contract.first.do("rework_settlement", first, 4)
        one = await sent(contract.first, rows)
        _, findings = await checked(contract.first, one, carry)
        assert findings == []
        second = await contract.second.do("prepare_settlement", contract.id, id=str(new_id()))
        job = await released(contract.second, one)
        await carry(job)
        problem = (await contract.first.one("job", job["id"]))["problem"]
        assert problem["code"] == "agreement-not-active"
        await network.do("hand_in_proof", second["id"], 1, proof="Ordner 12")
        await contract.first.do("check_settlement", second["id"], 2)
        await network.do("dispute_settlement", second["id"], 3, dispute="Sie fehlt noch immer")
        await contract.first.do("rework_settlement", second["id"], 4)
        await carry(await released(contract.second, one))
        told = await contract.second.do("prepare_settlement", contract.id, id=str(new_id()))
        assert told["booked"] == "1320.00"
        whole(database)
