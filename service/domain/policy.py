"""Who may see and do what. A rule is one SQL condition: the same object stands in every compiled statement, checks the
row an operation is about, explains itself to whoever was refused, and fills the matrix of roles and actions."""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Protocol
from uuid import UUID

from sqlalchemy import ColumnElement, and_, any_, literal_column, or_, true

from service.domain.values import Language


class Role(StrEnum):
    """What a grant makes somebody, within its scope (settled: Access). Case participants hold no role: their rights
    come from case access alone."""

    CASE_WORKER = "case_worker"  # works on cases for the public agency
    SOCIAL_SPACE_MANAGER = "social_space_manager"  # sees to what a social space does, and its team
    REGIONAL_MANAGER = "regional_manager"  # the same for the social spaces of a region
    INTEGRATED_PLANNER = "integrated_planner"  # plans by figures and themes, without cases
    CONTROLLER = "controller"  # sees to budgets and what is spent
    PROVIDER_WORKER = "provider_worker"  # works on cases that are assigned to them, for a provider
    PROVIDER_MANAGER = "provider_manager"  # speaks for a provider, and names its workers
    EXPERT_BY_EXPERIENCE = "expert_by_experience"  # brings in what they have been through themselves
    COMMITTEE_MEMBER = "committee_member"  # sits on a committee, and reads released figures
    INTEGRATION_CLIENT = "integration_client"  # software of a provider, which reads what is delivered to it
    AUDITOR = "auditor"  # looks whether all went right; into a case only once that is approved
    DATA_PROTECTION_OFFICER = "data_protection_officer"  # sees who looked at what
    ADMINISTRATOR = "administrator"  # lets people in, and sees no content


class Basis(StrEnum):
    """Why somebody has access to a case."""

    ASSIGNMENT = "assignment"  # leads the case for the public agency
    TRANSMISSION = "transmission"  # a provider's worker, with the fields that were transmitted (§ 64(2a) SGB VIII)
    SELF = "self"  # the addressee
    REPRESENTATION = "representation"  # a custodian, or a representative; which one, the participant's kind says
    TRUST = "trust"  # a trusted person, with the parts that whoever trusts them lets them see, for as long as they do
    NETWORK = "network"  # a network person, with the single steps that are theirs to do
    LINK = "link"  # whoever holds a link, with the one step it opens
    AUDIT = "audit"  # an auditor who reads a sampled case, for a time, once the data-protection officer has approved


class Part(StrEnum):
    """The parts of a case that case access names one by one."""

    CONCERN = "concern"  # what it is about, as the case worker notes it
    PERSONS = "persons"  # who belongs to it
    QUESTIONS = "questions"  # the questions, and what was answered
    GOALS = "goals"  # what somebody wants to reach
    STEPS = "steps"  # who does what
    ARRANGEMENT = "arrangement"  # who contributes what, and what was decided


CONFIDED = frozenset(Part) - {Part.PERSONS}
"""What somebody can let their trusted person see. Who the others are is not theirs to give away."""


AUDITED = (Part.CONCERN, Part.PERSONS, Part.ARRANGEMENT)
"""What an auditor reads of a sampled case: nobody's own words, goals or steps (facts, section 5)."""


class Persona(StrEnum):
    """Everybody the access matrix has a column for."""

    CASE_WORKER = "case_worker"
    ADDRESSEE = "addressee"
    CUSTODIAN = "custodian"
    REPRESENTATIVE = "representative"
    TRUSTED_PERSON = "trusted_person"
    NETWORK_PERSON = "network_person"
    PROVIDER_WORKER = "provider_worker"
    PROVIDER_WORKER_UNASSIGNED = "provider_worker_unassigned"
    PROVIDER_MANAGER = "provider_manager"
    SOCIAL_SPACE_MANAGER = "social_space_manager"
    REGIONAL_MANAGER = "regional_manager"
    INTEGRATED_PLANNER = "integrated_planner"
    CONTROLLER = "controller"
    EXPERT_BY_EXPERIENCE = "expert_by_experience"
    COMMITTEE_MEMBER = "committee_member"
    INTEGRATION_CLIENT = "integration_client"
    AUDITOR = "auditor"
    DATA_PROTECTION_OFFICER = "data_protection_officer"
    ADMINISTRATOR = "administrator"
    OTHER_AUTHORITY = "other_authority"
    PUBLIC = "public"


PERSONAS_OF_ROLE: dict[Role, frozenset[Persona]] = {
    Role.CASE_WORKER: frozenset({Persona.CASE_WORKER}),
    Role.SOCIAL_SPACE_MANAGER: frozenset({Persona.SOCIAL_SPACE_MANAGER}),
    Role.REGIONAL_MANAGER: frozenset({Persona.REGIONAL_MANAGER}),
    Role.INTEGRATED_PLANNER: frozenset({Persona.INTEGRATED_PLANNER}),
    Role.PROVIDER_WORKER: frozenset({Persona.PROVIDER_WORKER, Persona.PROVIDER_WORKER_UNASSIGNED}),
    Role.CONTROLLER: frozenset({Persona.CONTROLLER}),
    Role.PROVIDER_MANAGER: frozenset({Persona.PROVIDER_MANAGER}),
    Role.EXPERT_BY_EXPERIENCE: frozenset({Persona.EXPERT_BY_EXPERIENCE}),
    Role.COMMITTEE_MEMBER: frozenset({Persona.COMMITTEE_MEMBER}),
    Role.INTEGRATION_CLIENT: frozenset({Persona.INTEGRATION_CLIENT}),
    Role.AUDITOR: frozenset({Persona.AUDITOR}),
    Role.DATA_PROTECTION_OFFICER: frozenset({Persona.DATA_PROTECTION_OFFICER}),
    Role.ADMINISTRATOR: frozenset({Persona.ADMINISTRATOR}),
}
PERSONAS_OF_BASIS: dict[Basis, frozenset[Persona]] = {
    Basis.ASSIGNMENT: frozenset({Persona.CASE_WORKER}),
    Basis.TRANSMISSION: frozenset({Persona.PROVIDER_WORKER}),
    Basis.SELF: frozenset({Persona.ADDRESSEE}),
    Basis.REPRESENTATION: frozenset({Persona.CUSTODIAN, Persona.REPRESENTATIVE}),
    Basis.TRUST: frozenset({Persona.TRUSTED_PERSON}),
    Basis.NETWORK: frozenset({Persona.NETWORK_PERSON}),
    Basis.LINK: frozenset({Persona.NETWORK_PERSON}),
    Basis.AUDIT: frozenset({Persona.AUDITOR}),
}
PROFESSIONAL = (Basis.ASSIGNMENT, Basis.TRANSMISSION)
BUT_AUDITORS = (*PROFESSIONAL, Basis.SELF, Basis.REPRESENTATION, Basis.TRUST)
"""Who reads what people say of themselves: nobody who audits."""
PEOPLE = (Basis.SELF, Basis.REPRESENTATION, Basis.TRUST, Basis.NETWORK, Basis.LINK)
"""Of whoever is in a case for themselves, or for somebody in it."""
EVERYBODY = frozenset(Persona)
SIGNED_IN = EVERYBODY - {Persona.PUBLIC}
OF_THE_AUTHORITY = SIGNED_IN - {Persona.OTHER_AUTHORITY}

Row = Any  # the columns of one row, by name: `row.social_space_id`, `row["id"]`


class Reader(Protocol):
    """Whoever reads or acts, as SQL. Arrays, so that PostgreSQL works them out once per statement, not once per row."""

    @property
    def id(self) -> ColumnElement[UUID]: ...
    @property
    def authority(self) -> ColumnElement[UUID]: ...
    @property
    def today(self) -> ColumnElement[Any]: ...
    @property
    def language(self) -> Language: ...
    def selves(self) -> ColumnElement[Any]: ...
    def spaces(self, *roles: Role) -> ColumnElement[Any]: ...
    def regions(self, *roles: Role, around: bool = False) -> ColumnElement[Any]: ...
    def authorities(self, *roles: Role, throughout: bool = True) -> ColumnElement[Any]: ...
    def cases(self, part: Part | None, *bases: Basis) -> ColumnElement[Any]: ...
    def involved(self, row: Row, case: str, part: Part | None, *bases: Basis) -> ColumnElement[bool]: ...
    def steps(self) -> ColumnElement[Any]: ...
    def organisations(self, *roles: Role) -> ColumnElement[Any]: ...
    def employers(self) -> ColumnElement[Any]: ...


@dataclass(frozen=True, eq=False)
class Rule:
    """`says` ends the sentence «It takes that …»; `personas` are those for whom it can hold at all."""

    condition: Callable[[Reader, Row], ColumnElement[bool]]
    says: str
    personas: frozenset[Persona]
    alternatives: tuple["Rule", ...] = field(default=())

    def __or__(self, other: "Rule") -> "Rule":
        parts = (*(self.alternatives or (self,)), *(other.alternatives or (other,)))
        return Rule(
            lambda reader, row: or_(*(part.condition(reader, row) for part in parts)),
            ", or ".join(part.says for part in parts),
            frozenset().union(*(part.personas for part in parts)),
            parts,
        )

    def __and__(self, other: "Rule") -> "Rule":
        return Rule(
            lambda reader, row: and_(self.condition(reader, row), other.condition(reader, row)),
            f"{self.says} and {other.says}",
            self.personas & other.personas,
        )

    @property
    def ways(self) -> tuple["Rule", ...]:
        """Each of them is enough."""
        return self.alternatives or (self,)


def _named(roles: tuple[Role, ...]) -> str:
    return " or ".join(role.value.replace("_", " ") for role in roles)


def _personas(roles: tuple[Role, ...]) -> frozenset[Persona]:
    return frozenset().union(*(PERSONAS_OF_ROLE[role] for role in roles))


def holding(*roles: Role, space: str = "social_space_id") -> Rule:
    """The reader holds one of the roles for the row's social space: by a grant for it, its region or the authority."""
    return Rule(
        lambda reader, row: row[space] == any_(reader.spaces(*roles)),
        f"you are {_named(roles)} for its social space",
        _personas(roles),
    )


def holding_region(*roles: Role, region: str = "region_id", around: bool = False) -> Rule:
    """The reader holds one of the roles for the row's region: by a grant for it or the authority. `around`: a grant for
    a social space that lies in it is enough."""
    where = "its region or a social space in it" if around else "its region"
    return Rule(
        lambda reader, row: row[region] == any_(reader.regions(*roles, around=around)),
        f"you are {_named(roles)} for {where}",
        _personas(roles),
    )


def holding_throughout(*roles: Role, authority: str = "authority_id") -> Rule:
    """The reader holds one of the roles for the whole authority of the row."""
    return Rule(
        lambda reader, row: row[authority] == any_(reader.authorities(*roles)),
        f"you are {_named(roles)} of its authority",
        _personas(roles),
    )


def working(*roles: Role) -> Rule:
    """The reader holds one of the roles somewhere in the row's authority."""
    return Rule(
        lambda reader, row: row.authority_id == any_(reader.authorities(*roles, throughout=False)),
        f"you are {_named(roles)} somewhere in its authority",
        _personas(roles),
    )


def representing(*roles: Role, organisation: str = "organisation_id") -> Rule:
    """The reader is a member of the row's organisation and holds one of the roles."""
    return Rule(
        lambda reader, row: row[organisation] == any_(reader.organisations(*roles)),
        f"you are {_named(roles)} of its organisation",
        _personas(roles),
    )


def involved(part: Part | None = None, *bases: Basis, case: str = "case_id") -> Rule:
    """The reader has access to the row's case now, to this part of it, and for one of these reasons (whichever can open
    that part, if none is named)."""
    reasons = f" by {' or '.join(bases)}" if bases else ""
    bases = bases or tuple(basis for basis in Basis if _opens(basis, part))
    what = f"the {part} of its case" if part else "its case"
    return Rule(
        lambda reader, row: reader.involved(row, case, part, *bases),
        f"you have access to {what}{reasons}",
        frozenset().union(*(PERSONAS_OF_BASIS[basis] for basis in bases)),
    )


def _opens(basis: Basis, part: Part | None) -> bool:
    """A network person and whoever holds a link see single steps, never a case; a trusted person not who the others
    are; an auditor what is audited."""
    if basis is Basis.AUDIT:
        return part is None or part in AUDITED
    if basis is Basis.TRUST:
        return part is None or part in CONFIDED
    return basis not in (Basis.NETWORK, Basis.LINK)


LINKED = Rule(
    lambda reader, row: row.id == any_(reader.steps()),
    "you hold a link to it",
    PERSONAS_OF_BASIS[Basis.LINK],
)


def naming(column: str, says: str = "it is you") -> Rule:
    """The row's column names the reader."""
    return Rule(lambda reader, row: row[column] == reader.id, says, OF_THE_AUTHORITY)


def being(column: str, says: str) -> Rule:
    """The row's column names the reader as a participant of the case."""
    participants = (PERSONAS_OF_BASIS[basis] for basis in PEOPLE)
    personas = frozenset[Persona]().union(*participants)
    return Rule(lambda reader, row: row[column] == any_(reader.selves()), says, personas)


def _whom_they_trust(reader: Reader, row: Row) -> ColumnElement[bool]:
    working = reader.involved(row, "case_id", None, *PROFESSIONAL, Basis.AUDIT)
    return or_(row.trusted_by_id.is_(None), row.trusted_by_id == any_(reader.selves()), working)


KNOWING_WHOM_THEY_TRUST = Rule(
    _whom_they_trust,
    "it is nobody whom somebody else of its people trusts, or you work on the case",
    frozenset().union(*PERSONAS_OF_BASIS.values()),
)
"""Whom somebody trusts is not their custodians' to know, nor others' (docs/decisions/0029-looks.md)."""


def _heard(reader: Reader, row: Row) -> ColumnElement[bool]:
    return or_(row.audience == "all", row.author_id == reader.id, row.audience_of.overlap(reader.selves()))


HEARD = Rule(
    _heard,
    "you are its author or belong to its audience",
    frozenset().union(*PERSONAS_OF_BASIS.values()),
)
"""Every statement has an audience: its author, named participants, or all (settled: Cases and people)."""


def having(**values: StrEnum) -> Rule:
    """The row's columns have these values."""
    return Rule(
        lambda reader, row: and_(*(row[name] == literal_column(f"'{value}'") for name, value in values.items())),
        " and ".join(f"its {name} is {value}" for name, value in values.items()),
        EVERYBODY,
    )


EVERYONE = Rule(lambda reader, row: true(), "nothing: it is public", EVERYBODY)
SAME_AUTHORITY = Rule(
    lambda reader, row: row.authority_id == reader.authority, "you belong to its authority", OF_THE_AUTHORITY
)


@dataclass(frozen=True)
class Action:
    """Something that can be done. Its name is stable: it stands in the audit, the matrix and refusals. `apart`: it is
    on record without the case that it is about, so that nobody learns of it there. Two of one name and rule are equal:
    their statement is written once."""

    name: str
    rule: Rule
    apart: bool = False


def missing(rule: Rule) -> list[str]:
    """What would be needed; any one is enough."""
    return [way.says for way in rule.ways]
