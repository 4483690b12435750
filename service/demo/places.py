"""What is done in a place beside its cases: notes of contacts and resources, what its team wants to learn, and where it
presses. And one young person on the way into a flat of their own."""

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from sqlmodel import SQLModel

from service.demo.cases import case_id, lead_of, participant_id
from service.demo.identity import demo_id
from service.demo.people import PEOPLE
from service.demo.stories import MAIN, OF_THE_CUSTODIAN
from service.demo.story import Who
from service.demo.teams import UNTERHACHING, team_id
from service.demo.territory import AUTHORITY, space_id
from service.domain.budgets.model import CommitmentBasis, LineKind
from service.domain.cases.bottlenecks import SituationMark
from service.domain.cases.confidential import ConfidentialCounselling
from service.domain.decisions.contributions import ContributionMark
from service.domain.decisions.model import (
    Arrangement,
    ArrangementElement,
    ElementKind,
    ElementState,
    OtherWay,
    SupportKind,
    SupportPlace,
)
from service.domain.decisions.perspectives import Perspective, PerspectiveAim
from service.domain.decisions.setting_changes import SettingChange
from service.domain.decisions.transitions import SettingMark
from service.domain.dialogues.field_notes import FieldNote
from service.domain.teams.training import TeamTraining

_NOTES = (
    (
        "case_worker",
        "case_unspecific",
        "contact_made",
        "Der Gartenbauverein verleiht seinen Saft-Anhänger.",
        4,
    ),
    ("social_space_manager", "case_unspecific", "resource_found", "Im Pfarrsaal ist dienstags ab drei Platz.", 12),
    ("provider_worker", "cross_case", "theme_heard", "Viele suchen für den Abend jemanden, der übersetzt.", 33),
)
BEGUN = (
    {"own": 9, "regular_institution": 7, "specialist": 12},
    {"own": 8, "regular_institution": 5, "specialist": 12},
    {"own": 5, "specialist": 12},
)
"""In how many households contributions began, by kind: this year, the year before, and before that."""
EARLIER = 6  # cases of the place, closed by now, in which the housing was too small, or somebody went elsewhere


def places(today: date) -> Iterator[SQLModel]:
    here, before = space_id(UNTERHACHING), today.replace(day=1) - timedelta(days=1)  # what is older than a month counts
    for who, dimension, kind, words, days in _NOTES:
        yield FieldNote(
            id=demo_id("field_note", words),
            authority_id=AUTHORITY,
            social_space_id=here,
            author_id=PEOPLE[who].actor_id,
            dimension=dimension,
            kind=kind,
            words=words,
            hours=Decimal("1.50"),
            done_on=today - timedelta(days=days),
        )
    trainings: tuple[tuple[str, str, dict[str, Any]], ...] = (
        (
            "Dolmetschen lassen, ohne dass die Kinder übersetzen.",
            "In drei Beratungen hintereinander.",
            {},
        ),
        (
            "Den Willen kleiner Kinder herausfinden.",
            "Bei den gemeinsamen Rückblicken.",
            {
                "state": "held",
                "held_on": today - timedelta(days=40),
                "attended": 7,
                "outcome": "Wir malen jetzt zuerst.",
            },
        ),
    )
    for need, came_up_in, more in trainings:
        yield TeamTraining(
            id=demo_id("team_training", need),
            authority_id=AUTHORITY,
            team_id=team_id(UNTERHACHING),
            social_space_id=here,
            need=need,
            came_up_in=came_up_in,
            raised_by_id=PEOPLE["case_worker"].actor_id,
            **more,
        )
    yield SettingChange(
        id=demo_id("setting_change", MAIN.title),
        authority_id=AUTHORITY,
        case_id=case_id(MAIN),
        participant_id=participant_id(MAIN, Who.ADDRESSEE),
        from_place="ambulatory_service",
        to_place="family_of_origin",
        from_on=today - timedelta(days=30),
        words="Die Gruppe kommt jetzt ins Haus; Oma bleibt an den Abenden.",
        author_id=lead_of(MAIN).actor_id,
    )
    yield from _before_the_summer(today)
    for number in range(2 * EARLIER):  # half of them out of a home
        yield SettingMark(
            id=demo_id("setting_mark", str(number)),
            authority_id=AUTHORITY,
            social_space_id=here,
            origin=demo_id("setting_mark", "of", str(number)),
            household=demo_id("setting_mark", "of", str(number)),
            homeward=number < EARLIER,
            changed_on=today - timedelta(days=90 + number),
            since=before,
        )
    for years_ago, kinds in enumerate(BEGUN):
        for kind, households in kinds.items():
            for number in range(households):
                yield ContributionMark(
                    id=demo_id("contribution_mark", str(years_ago), kind, str(number)),
                    authority_id=AUTHORITY,
                    social_space_id=here,
                    origin=demo_id("contribution_mark", "of", str(number)),
                    household=demo_id("contribution_mark", "of", str(number)),
                    kind=kind,
                    began_on=date(today.year - years_ago, 1, 1),
                    since=before,
                )
    for number in range(EARLIER):
        yield SituationMark(
            id=demo_id("situation_mark", str(number)),
            authority_id=AUTHORITY,
            social_space_id=here,
            origin=demo_id("situation_mark", "of", str(number)),
            household=demo_id("situation_mark", "of", str(number)),
            life_area="housing",
            aspect="conditions",
            seen_on=today - timedelta(days=90 + number),
            since=before,
        )


def _before_the_summer(today: date) -> Iterator[SQLModel]:
    """Danylo lived elsewhere for some weeks, and was counselled alone before his mother had a way into the case."""
    danylo, lead = participant_id(OF_THE_CUSTODIAN, Who.ADDRESSEE), lead_of(OF_THE_CUSTODIAN).actor_id
    scope: dict[str, Any] = {"authority_id": AUTHORITY, "case_id": case_id(OF_THE_CUSTODIAN)}
    began_on, ended_on = today - timedelta(days=90), today - timedelta(days=60)
    yield ConfidentialCounselling(
        id=demo_id("confidential_counselling", OF_THE_CUSTODIAN.title),
        participant_id=danylo,
        because="Zu Hause hätte es gleich wieder Streit gegeben.",
        began_on=began_on,
        review_on=ended_on,
        ended_on=ended_on,
        ended_because="Er hat es seiner Mutter selbst erzählt.",
        **scope,
    )
    arrangement, element = demo_id("arrangement", OF_THE_CUSTODIAN.title), demo_id("element", OF_THE_CUSTODIAN.title)
    yield Arrangement(id=arrangement, title="Luft holen", **scope)
    yield ArrangementElement(
        id=element,
        arrangement_id=arrangement,
        participant_id=danylo,
        kind=ElementKind.SPECIALIST.value,
        what="Vier Wochen in der Wohngruppe, bis zu Hause wieder geredet wird.",
        state=ElementState.ENDED.value,
        support_kind=SupportKind.RESIDENTIAL_CARE.value,
        support_place=SupportPlace.RESIDENTIAL_ONE_GROUP.value,
        basis=CommitmentBasis.GRANTED_CLAIM.value,
        line=LineKind.CASE_SPECIFIC.value,
        other_way=OtherWay.TAKING_INTO_CARE.value,
        other_way_because="Danylo hat darum gebeten.",
        starts_on=began_on,
        began_on=began_on,
        ends_on=ended_on,
        ended_on=ended_on,
        **scope,
    )
    yield Perspective(
        id=demo_id("perspective", OF_THE_CUSTODIAN.title),
        element_id=element,
        aim=PerspectiveAim.RETURN.value,
        words="Zurück, sobald beide sich das zutrauen; am Wochenende wird es ausprobiert.",
        cleared_up_with=[danylo],
        author_id=lead,
        cleared_up_on=began_on + timedelta(days=9),
        **scope,
    )
