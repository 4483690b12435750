"""A family with two files: the second one was opened before anybody had asked whether it is known, and then merged.
Something that was written into the wrong case; and siblings who have a case each."""

from datetime import date, timedelta

from service.demo.budget_year import Clerk
from service.demo.cases import case_id
from service.demo.identity import demo_id
from service.demo.stories import MAIN, OF_THE_CUSTODIAN
from service.demo.stories_south import SOUTH
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
    again = {**said, "id": demo_id("participant", "second file, twice")}  # a duplicate that nobody has noticed yet
    await clerk.do("case_worker", opened, "add_participant", SECOND_FILE, **again)
    heard = {"id": demo_id("situation_entry", "another flat"), "life_area": "housing", "aspect": "conditions"}
    await clerk.do(
        "case_worker", opened, "note_situation", case_id(MAIN), words="Der Aufzug steht seit Wochen.", **heard
    )
    out = {"kind": "situation_entry", "entry_id": heard["id"], "because": "somebody_else"}
    why = "Der Anruf betraf eine andere Wohnung im Haus."
    await clerk.do("case_worker", opened + timedelta(days=1), "withdraw_entry", case_id(MAIN), reason=why, **out)
    siblings = {"id": demo_id("sibling_link", "siblings"), "sibling_case_id": case_id(SOUTH[0])}
    await clerk.do(
        "case_worker",
        opened,
        "link_siblings",
        case_id(OF_THE_CUSTODIAN),
        because="Halbgeschwister, ein Vater.",
        **siblings,
    )
    await clerk.do("case_worker", opened + timedelta(days=3), "merge_case", SECOND_FILE, into_id=case_id(MAIN))
