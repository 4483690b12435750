"""A family with two files: the second one was opened before anybody had asked whether it is known, and then merged."""

from datetime import date, timedelta

from service.demo.budget_year import Clerk
from service.demo.cases import case_id
from service.demo.identity import demo_id
from service.demo.stories import MAIN
from service.demo.territory import space_id

SECOND_FILE = demo_id("case_file", "second file")


async def merge(clerk: Clerk, today: date) -> None:
    opened = today - timedelta(days=120)
    await clerk.do(
        "case_worker",
        opened,
        "open_case",
        id=SECOND_FILE,
        social_space_id=space_id("Unterhaching"),
        title="Anruf der Wohnungsgenossenschaft",
    )
    said = {"id": demo_id("participant", "second file"), "kind": "addressee", "name": MAIN.addressee}
    await clerk.do("case_worker", opened, "add_participant", SECOND_FILE, **said)
    await clerk.do("case_worker", opened + timedelta(days=3), "merge_case", SECOND_FILE, into_id=case_id(MAIN))
