"""Whatever is wrong with money is refused with its reason, at both faces, and leaves everything as it was."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import date
from typing import Any
from unicodedata import normalize
from uuid import UUID, uuid4

import httpx
import psycopg
import pytest

from service.demo import AUTHORITY
from service.domain.budgets.invoice_numbers import compare_anew
from service.domain.values import new_id
from tests.budgets.conftest import Draft
from tests.budgets.contract import FOREIGN, NETWORK, Contract, DayToBe
from tests.conftest import Database
from tests.faces import FACES, Said, Told, content

pytestmark = pytest.mark.anyio
BAD: list[Any] = ["12.345", "12.3", "12", "1e3", "1,00", "-1.00", "0.00", 12, 12.5, "1234567890123.00", "NaN"]
BAD += ["Infinity", "", " 1.00", "+1.00", "\u0661.00", None, True]


@asynccontextmanager
async def unchanged(database: Database) -> AsyncIterator[None]:
    before = content(database)
    yield
    assert content(database) == before


def refused(told: Told) -> bool:
    """As bad content; GraphQL may find a number where a text must be before the operation is even looked at."""
    return told.status in (400, 422) and told.code in ("invalid-input", "invalid-document", "bad-variables")


async def test_what_is_no_amount(agreed: Draft, database: Database) -> None:
    contract = await agreed()
    line, invoice = contract.lines["cross_case"], await contract.invoice("10.00")
    whose: Said = {"authority_id": str(AUTHORITY), "organisation_id": str(NETWORK), "issued_on": "2027-01-15"}
    supplement: Said = {"kind": "supplement", "effective_on": "2027-03-01", "reason": "Nachtrag"}
    async with unchanged(database):
        for amount in BAD:
            for told in (
                await contract.commit("cross_case", amount),
                await contract.propose(invoice, amount, line_id=line),
                await contract.first.do("enter_invoice", amount=amount, number="1", **whose),
                await contract.first.do("propose_allocation", line, amount=amount, **supplement),
            ):
                assert refused(told), (amount, told)


async def test_what_is_no_agreed_amount(drafted: Draft, database: Database) -> None:
    """Zero is one; and GraphQL's null is what was left out."""
    contract = await drafted()
    said: Said = {"authority_id": str(AUTHORITY), "fiscal_year": 2031}
    async with unchanged(database):
        for amount in (*BAD, "1000000000.00"):
            if amount not in ("0.00", None):  # the last would leave no room for sums
                changed = await contract.first.do("change_budget_agreement", contract.id, 1, cross_case=amount)
                drawn_up = await contract.first.do("draft_budget_agreement", cross_case=amount, **said)
                assert refused(changed), (amount, changed)
                assert refused(drawn_up), (amount, drawn_up)


async def test_there_is_one_currency(agreed: Draft, database: Database) -> None:
    contract = await agreed()
    async with unchanged(database):
        assert refused(await contract.commit("cross_case", "1.00", currency="CHF"))


@pytest.mark.parametrize(
    "value_on", ["2027-03-16", "2026-12-31", "2028-01-01", "2027-03-09", "0001-01-01", "2027-02-29", "gestern"]
)
async def test_days_that_money_cannot_count_for(
    agreed: Draft, database: Database, clock: DayToBe, value_on: str
) -> None:
    """Still to come, of another year, before the money was bound, or no day."""
    clock.day = date(2027, 3, 10)
    contract = await agreed()
    bound = await contract.commit("cross_case", "100.00")
    booking = await contract.booked("10.00", commitment_id=bound["id"])
    invoice = await contract.invoice("10.00")
    clock.day = date(2027, 3, 15)
    async with unchanged(database):
        told = await contract.propose(invoice, "10.00", commitment_id=bound["id"], value_on=value_on)
        assert refused(told), told
        reversal: Said = {"reason": "Storno", "value_on": value_on}
        told = await contract.first.do("reverse_booking", booking["id"], booking.version, **reversal)
        assert refused(told), told


async def test_closed_periods_unknown_places_and_both_at_once(agreed: Draft, database: Database) -> None:
    contract, other = await agreed(), str(new_id())
    invoice = await contract.invoice("10.00")
    line = contract.lines["cross_case"]
    bound = await contract.commit("cross_case", "10.00")
    assert (await contract.close_through("2027-02-28")).status == 200
    async with unchanged(database):
        assert refused(await contract.propose(invoice, "1.00", line_id=line, value_on="2027-02-28"))
        assert refused(await contract.propose(invoice, "1.00", line_id=other))
        assert refused(await contract.propose(invoice, "1.00", commitment_id=other))
        assert refused(await contract.propose(invoice, "1.00"))
        assert refused(await contract.propose(invoice, "1.00", line_id=line, commitment_id=bound["id"]))
        assert refused(await contract.commit("cross_case", "1.00", organisation_id=other))
        missing = replace(contract, lines={"cross_case": other})
        assert (await missing.commit("cross_case", "1.00")).status == 404
        for operation, more in (("release_booking", {}), ("reverse_booking", {"reason": "Storno"})):
            assert (await contract.second.do(operation, other, 1, **more)).status == 404


async def test_the_same_person_releasing(agreed: Draft, database: Database) -> None:
    contract = await agreed()
    booking = await contract.propose(await contract.invoice("1.00"), "1.00", line_id=contract.lines["cross_case"])
    async with unchanged(database):
        assert (await contract.release(booking, contract.first)).code == "forbidden"


async def test_an_outdated_version_and_a_done_thing(agreed: Draft, database: Database) -> None:
    contract = await agreed()
    booking = await contract.booked("1.00", line_id=contract.lines["cross_case"])
    async with unchanged(database):
        stale = await contract.first.do("reverse_booking", booking["id"], booking.version - 1, reason="Storno")
        assert (stale.status, stale.code) == (412, "version-stale")
        assert (await contract.release(booking)).code == "impossible-now"
        assert (await contract.first.do("withdraw_booking", booking["id"], booking.version)).code == "impossible-now"


async def test_another_authority_sees_and_moves_nothing(
    agreed: Draft, database: Database, face: str, client_of: Callable[..., httpx.AsyncClient]
) -> None:
    contract = await agreed()
    invoice = await contract.invoice("10.00")
    line = contract.lines["cross_case"]
    booking, bound = await contract.propose(invoice, "1.00", line_id=line), await contract.commit("cross_case", "1.00")
    foreign = FACES[face](client_of(FOREIGN))
    whose: Said = {"authority_id": str(AUTHORITY), "organisation_id": str(NETWORK), "issued_on": "2027-01-15"}
    supplement: Said = {"kind": "supplement", "effective_on": "2027-03-01", "reason": "Nachtrag", "amount": "1.00"}
    async with unchanged(database):
        for told in (
            await foreign.one("budget_agreement", contract.id),
            await foreign.one("budget_line", line),
            await foreign.do("activate_budget_agreement", contract.id, 1),
            await foreign.do("close_budget_period", contract.id, 1, through="2027-02-28"),
            await foreign.do("propose_allocation", line, **supplement),
            await foreign.do("commit_funds", line, amount="1.00", purpose="Fest"),
            await foreign.do("release_commitment", bound["id"], 1),
            await foreign.do("propose_booking", invoice["id"], amount="1.00", line_id=line),
            await foreign.do("release_booking", booking["id"], 1),
            await foreign.do("withdraw_booking", booking["id"], 1),
        ):
            assert told.status == 404, told
        entering = await foreign.do("enter_invoice", amount="1.00", number="1", **whose)
        assert entering.status == 403  # that there is this authority is public


async def test_an_invoice_number_comes_once(agreed: Draft, database: Database) -> None:
    contract, number = await agreed(), uuid4().hex
    first = await contract.invoice("10.00", number=number)
    async with unchanged(database):
        again = await contract.invoice("12.00", number=number)
        assert (again.status, again.code) == (409, "duplicate-invoice")
        assert str(UUID(again.value["invoice_id"])) == first["id"]
    number = f"R\u00e4 17-{uuid4().hex}"
    first = await contract.invoice("10.00", number=number)
    wide = "".join(chr(ord(each) + 0xFEE0) if "!" <= each <= "~" else each for each in number)
    async with unchanged(database):
        spaced = [number.replace(" ", space) for space in ("", "  ", "\u00a0", "\u2009\u202f", "\u3000")]
        dashed = [number.replace("-", dash) for dash in ("\u2010", "\u2011", "\u2013", "\u2212", " \u2014 ")]
        others = [number.upper(), normalize("NFD", number), wide, f"{number}\u200b", f"\u00a0{number}"]
        for same in (*others, *spaced, *dashed):
            again = await contract.invoice("12.00", number=same)
            assert again.code == "duplicate-invoice", same.encode("unicode_escape")
            assert str(UUID(again.value["invoice_id"])) == first["id"]


async def test_numbers_from_before_are_compared_as_they_are_now(agreed: Draft, database: Database) -> None:
    """By `migrate`. Two that were entered as different stay two."""
    contract, number = await agreed(), f"RE {uuid4().hex}"
    first, other = await contract.invoice("10.00", number=number), await contract.invoice("10.00", number=uuid4().hex)
    kept = "UPDATE invoice SET number = %s, compared_number = %s WHERE id = %s RETURNING 1"
    for invoice, written in ((first, number), (other, number.replace(" ", "\u2009  "))):
        database.rows(kept, written, written.casefold(), UUID(invoice["id"]))
    with psycopg.connect(database.superuser, autocommit=True) as connection:
        assert [compare_anew(connection), compare_anew(connection)] == [1, 0]
    for written in (number, number.replace(" ", "")):
        again = await contract.invoice("12.00", number=written)
        assert (again.code, str(UUID(again.value["invoice_id"]))) == ("duplicate-invoice", first["id"])


async def test_an_invoice_number_comes_once_even_at_the_same_moment(agreed: Draft) -> None:
    contract, number = await agreed(), uuid4().hex
    told = await asyncio.gather(*(contract.invoice("10.00", number=number) for _ in range(6)))
    assert sorted(each.code or "" for each in told) == ["", *["duplicate-invoice"] * 5]


async def test_the_last_euro_is_bound_by_one_of_many(agreed: Draft) -> None:
    contract = await agreed(cross_case="10.00")
    told = await asyncio.gather(*(contract.commit("cross_case", "4.00") for _ in range(6)))
    assert sorted(each.code or "" for each in told) == ["", "", *["budget-short"] * 4]
    assert await contract.figures("cross_case") == ("10.00", "0.00", "8.00", "0.00", "2.00")


async def test_the_last_euro_is_spent_by_one_of_many(agreed: Draft) -> None:
    contract = await agreed(cross_case="10.00")
    line = {"line_id": contract.lines["cross_case"]}
    proposed = [await contract.propose(await contract.invoice("4.00"), "4.00", **line) for _ in range(6)]
    told = await asyncio.gather(*(contract.release(booking) for booking in proposed))
    assert sorted(each.code or "" for each in told) == ["", "", *["budget-short"] * 4]
    assert await contract.figures("cross_case") == ("10.00", "0.00", "0.00", "8.00", "2.00")


async def test_a_booking_is_released_by_one_of_many(agreed: Draft, database: Database) -> None:
    contract: Contract = await agreed()
    booking = await contract.propose(await contract.invoice("1.00"), "1.00", line_id=contract.lines["cross_case"])
    told = await asyncio.gather(
        *(contract.release(booking, by) for by in (contract.second, contract.third, contract.second, contract.third))
    )
    assert sorted(each.status for each in told) == [200, 412, 412, 412]
    assert database.rows("SELECT count(*) FROM posting WHERE subject_id = %s", booking["id"]) == [(1,)]
