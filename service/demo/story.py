"""What a demo case is told with. Days count from the day of seeding, so that the demo never gets old."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from service.domain.cases.model import Audience, CaseState, FieldOfAction, GoalKind, GoalState, Numeral, StepState
from service.domain.values import Language


class Who(StrEnum):
    """A participant, by their part in the story."""

    ADDRESSEE = "addressee"
    CUSTODIAN = "custodian"
    REPRESENTATIVE = "representative"
    TRUSTED = "trusted_person"
    NETWORK = "network_person"


@dataclass(frozen=True)
class Doing:
    """A step. `due` counts days from today; a step that is due in the past is done, or says why not."""

    how: str
    with_whom: str
    with_what: str
    due: int
    state: StepState = StepState.OPEN
    by: Who | None = None  # whoever tells the story
    remark: str | None = None
    moved_because: str | None = None  # by a week
    too_late: str | None = None  # what came from a phone when it was done already


@dataclass(frozen=True)
class Aim:
    """A goal."""

    statement: str
    how_noticed: str
    steps: tuple[Doing, ...] = ()
    state: GoalState = GoalState.AGREED
    kind: GoalKind = GoalKind.ACTION
    audience: Audience = Audience.ALL
    will_found_out: str | None = None  # of a young addressee who has no login


@dataclass(frozen=True)
class Saying:
    """An answer to a further question."""

    numeral: Numeral
    words: str
    audience: Audience = Audience.ALL


@dataclass(frozen=True)
class Story:
    """A case. `words` answer question I: the addressee's, or the custodian's where `speaker` says so."""

    space: str | None
    title: str
    state: CaseState
    addressee: str
    age: int
    words: str
    aims: tuple[Aim, ...]
    network: str | None = None
    custodian: str | None = None
    representative: str | None = None
    trusted: str | None = None
    gone: str | None = None  # somebody of the network who has left the case
    speaks: Mapping[Who, tuple[str, ...]] = field(default_factory=dict)
    concern: str | None = None
    sayings: tuple[Saying, ...] = ()
    suggestions: tuple[Saying, ...] = ()  # of whoever leads the case
    language: Language = Language.DE
    field_of_action: FieldOfAction = FieldOfAction.YOUTH_WELFARE
    opened: int = 60
    roles: Mapping[Who, str] = field(default_factory=dict)  # who of them is which one of `people.PEOPLE`
    speaker: Who = Who.ADDRESSEE
