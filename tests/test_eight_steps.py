"""The whole loop in one piece, at both faces: from the map to the figures, one person's way through all eight steps.

Each step has its own tests, with who may not and what goes wrong. This one shows that they fit together."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import uuid4

import httpx
import pytest

from service.demo import UNTERHACHING, demo_id
from service.demo.people import LICHTUNG
from service.domain.act import OPERATIONS
from service.domain.values import new_id
from tests.conftest import Database
from tests.faces import FACES, Face, Said, Told

pytestmark = pytest.mark.anyio

YEAR = datetime.now(UTC).year
COST = Decimal("1200.00")


@dataclass
class County:
    """Its people, at one of the faces; whatever they do has to succeed."""

    face: str
    client_of: Callable[..., httpx.AsyncClient]

    def as_(self, who: str | None) -> Face:
        return FACES[self.face](self.client_of(who))

    async def do(
        self, who: str | None, operation: str, on: object = None, version: int | None = None, **said: Any
    ) -> Told:
        if OPERATIONS[operation].creates:
            said = {"id": str(new_id())} | said
        told = await self.as_(who).do(operation, on, version, **said)
        assert told.status < 300, (who, operation, told)
        return told

    async def figures(self) -> dict[str, str]:
        """Of single cases, in Unterhaching, today."""
        (figure,) = [
            row
            for row in (await self.as_("controller").many("budget_figures")).rows
            if (row["level"], row["line"], row["fiscal_year"]) == ("social_space", "case_specific", YEAR)
            and row["social_space_id"] == str(UNTERHACHING)
        ]
        return {name: figure[name] for name in ("committed", "free")}


@pytest.fixture(params=list(FACES))
def county(request: pytest.FixtureRequest, client_of: Callable[..., httpx.AsyncClient]) -> County:
    return County(str(request.param), client_of)


async def test_from_a_point_on_the_map_to_a_figure_of_the_county(county: County, database: Database) -> None:
    hanne = f"new-{uuid4()}"

    # 1. Where somebody lives, there is a social space, with a team.
    places = (await county.as_(None).many("social_spaces")).rows
    (space,) = [row["id"] for row in places if row["name"] == "Unterhaching"]
    assert space in [row["social_space_id"] for row in (await county.as_(None).many("teams")).rows]

    # 2. A case begins with what she wants, in her own words.
    case = (await county.do("case_worker", "open_case", social_space_id=space, title="Ruhe am Abend"))["id"]
    said: Said = {"kind": "addressee", "name": "Hanne Beispielweg", "born_on": "1990-05-17"}
    herself = (await county.do("case_worker", "add_participant", case, **said))["id"]
    code = (await county.do("case_worker", "issue_enrolment_code", herself))["code"]
    await county.do(hanne, "enrol", code=code)
    first = (await county.as_(hanne).many("questions", ("case", case))).rows[0]["id"]
    await county.do(hanne, "word_answer", first, words="Ich will wieder ruhig schlafen.", language="de")

    # 3. The goal is hers, and so is the step.
    proposed: Said = {"participant_id": herself, "statement": "Ich schlafe durch."}
    goal = (await county.do("case_worker", "propose_goal", case, **proposed))["id"]
    await county.do(hanne, "agree_goal", goal, 1)
    slots: Said = {
        "wanted_by_id": herself,
        "done_by_id": herself,
        "with_whom": "mit Oma",
        "how": "Um neun das Licht aus",
    }
    step = (await county.do(hanne, "plan_step", goal, **slots, due_on=f"{YEAR + 1}-10-03", with_what="eine Eieruhr"))[
        "id"
    ]

    # 4. She ticks it off on her phone.
    assert [row["id"] for row in (await county.as_(hanne).many("next_steps")).rows] == [step]
    await county.do(hanne, "finish_step", step, remark="Geschafft!")
    assert (await county.as_("case_worker").one("step", step))["remark"] == "Geschafft!"

    # 5. What she and hers cannot do alone is decided, and bound in the same moment.
    before = await county.figures()
    arrangement = (await county.do("case_worker", "draft_arrangement", case, title="Ruhige Nächte"))["id"]
    planned: Said = {"participant_id": herself, "kind": "specialist", "what": "Abends zu zweit", "cost": str(COST)}
    planned |= {"organisation_id": str(demo_id("organisation", LICHTUNG)), "support_kind": "parenting_assistant"}
    planned |= {"starts_on": f"{YEAR}-01-01", "ends_on": f"{YEAR}-06-30", "hours_per_week": "2.00"}
    element = (await county.do("case_worker", "add_element", arrangement, **planned))["id"]
    await county.do(hanne, "apply_for_element", element, 1, claim_holder_id=herself)
    decision: Said = {"outcome": "granted", "amount": str(COST), "legal_basis": "§§ 27, 30 SGB VIII"}
    decision |= {"override": "addressee_wish", "override_because": "Sie will nicht länger warten."}
    version = (await county.as_("case_worker").one("element", element)).version
    await county.do("case_worker", "decide_element", element, version, **decision, wish_and_choice="Ihr Wunsch")
    after = await county.figures()
    assert Decimal(after["committed"]) - Decimal(before["committed"]) == COST
    assert Decimal(before["free"]) - Decimal(after["free"]) == COST

    # 6. The provider is told what it needs, and its software what has changed.
    task: Said = {
        "task": "Begleitung am Abend",
        "parts": ["goals"],
        "purpose": "Begleitung",
        "legal_basis": "§ 64 SGB VIII",
    }
    organisation: Said = {"organisation_id": str(demo_id("organisation", LICHTUNG))}
    assignment = (await county.do("case_worker", "assign_provider", case, **task, **organisation))["id"]
    worker: Said = {"actor_id": str(demo_id("actor", "provider_worker"))}
    await county.do("provider_manager", "name_worker", assignment, 1, **worker)
    assert (await county.as_("provider_worker").one("goal", goal))["statement"] == "Ich schlafe durch."
    assert (await county.as_("provider_worker").one("question", first)).status == 404
    progress = (await county.do("provider_worker", "record_progress", assignment, words="Es geht voran."))["id"]
    await database.settled()
    http = county.client_of("integration_client")
    delivered = (await http.get("/v1/deliveries", params={"assignment_id": assignment, "limit": 200})).json()["items"]
    assert goal in [each["subject_id"] for each in delivered]
    assert (await county.as_("case_worker").one("provider_record", progress))["words"] == "Es geht voran."

    # 7. What many need is talked about in the place, without a word of any case.
    serial = (await county.do("social_space_manager", "start_space_dialogue", social_space_id=space, title="Dialog"))[
        "id"
    ]
    times: Said = {"starts_at": "2026-03-02T18:30:00+01:00", "ends_at": "2026-03-02T20:30:00+01:00"}
    meeting = (
        await county.do("social_space_manager", "plan_dialogue", serial, title="Ruhe", venue="Rathaus", **times)
    )["id"]
    owner = (await county.do("social_space_manager", "add_dialogue_participant", meeting, kind="agency"))["id"]
    raised: Said = {"title": "Laute Nächte", "concerns": "An der Bahn schläft niemand."}
    theme = (await county.do(hanne, "raise_theme", serial, **raised))["id"]
    await county.do("social_space_manager", "collect_theme", theme, 1, dialogue_id=meeting)
    next_step: Said = {"what": "Bei der Bahn fragen", "owner_id": owner, "due_on": f"{YEAR + 1}-05-01"}
    await county.do("social_space_manager", "plan_theme_step", theme, **next_step)
    await county.do("social_space_manager", "invite_to_dialogue", meeting, 1)
    await county.do("social_space_manager", "hold_dialogue", meeting, 2, attended=[owner])
    await county.do("social_space_manager", "draft_minutes", meeting, 3, minutes="Es ging um die Nächte.")
    minutes = (await county.do("social_space_manager", "release_minutes", meeting, 4, themes=[theme]))["id"]
    await county.do("social_space_manager", "close_dialogue", meeting, 5)
    assert (await county.as_(None).one("minutes_release", minutes))["minutes"] == "Es ging um die Nächte."

    # 8. Who steers sees the money of the space on any day; everybody, what was released.
    released = (await county.as_(None).many("released_figures")).rows
    assert {row["line"] for row in released} >= {"case_specific", "cross_case", "case_unspecific"}
    assert max(date.fromisoformat(row["as_of"]) for row in released) < datetime.now(UTC).date()
