"""What stands in a contract beside its lines and parties: shares by period, the versions of its terms, who has said yes
or no to which of them, and the frame of several years it keeps to."""

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Field

from service.domain.budgets.model import InSpace, OfAgreement, money, percent
from service.domain.rows import Shape, Versioned, moment, one_of, own_id, reference, secured, word


class Voice(StrEnum):
    """In which function somebody says yes or no to an agreement."""

    AGENCY = "agency"  # the public agency as a party, by somebody who has not drafted it
    NETWORK = "network"  # the providers as the other party, by whoever speaks for them
    FUNDING = "funding"  # that the authority's budget holds the money for the whole period
    COOPERATION = "cooperation"  # that it fits the concept of the place, and who does what with whom is clear


class Stance(StrEnum):
    """What they say."""

    APPROVAL = "approval"  # yes
    DISAGREEMENT = "disagreement"  # no, with what stands against it


class FrameState(StrEnum):
    """A frame holds once a second person has agreed it, until another takes its place."""

    PROPOSED = "proposed"  # waits for a second person
    AGREED = "agreed"  # holds
    REPLACED = "replaced"  # another has taken its place


class FrameShareState(StrEnum):
    """What is secured stays so until whoever relies on it gives it up, and the agency has accepted that."""

    SECURED = "secured"  # whoever it is for can rely on it
    OFFERED = "offered"  # given up by whoever relied on it; the agency has not accepted that
    GIVEN_UP = "given_up"  # accepted: nobody relies on it any more


class TermsCause(StrEnum):
    """What a version of the terms came from."""

    DRAFTED = "drafted"  # the first draft
    CHANGED = "changed"  # its lines or conditions were changed
    PARTY_ADDED = "party_added"  # a provider came in
    PARTY_REMOVED = "party_removed"  # a provider went
    SHARES_AGREED = "shares_agreed"  # the network has divided it anew
    RULE_AGREED = "rule_agreed"  # what work is worth was agreed
    SUPPLEMENTED = "supplemented"  # money came on top (Nachtrag)


@secured(Shape.APPENDED)
class NetworkShare(OfAgreement, table=True):
    """What share of the network a provider has in a period of the year. The newest plan of an agreement counts."""

    __tablename__ = "network_share"
    __table_args__ = (
        sa.UniqueConstraint("agreement_id", "number", "begins_on", "organisation_id"),
        sa.CheckConstraint("share > 0 AND share <= 100", name="share"),
        sa.CheckConstraint("begins_on <= ends_on", name="period"),
    )

    id: UUID = own_id()
    number: int
    organisation_id: UUID = reference("organisation")
    begins_on: date
    ends_on: date
    share: Decimal = percent()


@secured(Shape.APPENDED)
class AgreementPosition(OfAgreement, table=True):
    """A yes or no to a version of an agreement. Never changed: the newest of each function counts, and only for the
    version of which it was said."""

    __tablename__ = "agreement_position"
    __table_args__ = (
        one_of("voice", Voice),
        one_of("stance", Stance),
        sa.CheckConstraint("said IS NOT NULL OR stance = 'approval'", name="said"),
    )

    id: UUID = own_id()
    terms: int
    voice: str = word()
    stance: str = word()
    said: str | None = Field(default=None, sa_type=sa.Text)
    taken_by: UUID = reference("actor", index=False)
    taken_at: datetime = moment()


@secured(Shape.APPENDED)
class TransferPosition(OfAgreement, table=True):
    """What the network says of a transfer that is proposed, and what the agency answers. Never changed: the last word
    counts."""

    __tablename__ = "transfer_position"
    __table_args__ = (
        sa.CheckConstraint("voice IN ('agency', 'network')", name="voice"),
        one_of("stance", Stance),
        sa.CheckConstraint("said IS NOT NULL OR stance = 'approval' AND voice = 'network'", name="said"),
        sa.CheckConstraint("stance = 'approval' OR voice = 'network'", name="answer"),
    )

    id: UUID = own_id()
    transfer_id: UUID = reference("budget_transfer")
    voice: str = word()
    stance: str = word()
    said: str | None = Field(default=None, sa_type=sa.Text)
    taken_by: UUID = reference("actor", index=False)
    taken_at: datetime = moment()


@secured(Shape.APPENDED)
class AgreementVersion(OfAgreement, table=True):
    """A version of an agreement's terms: since when it counts, who made it, when."""

    __tablename__ = "agreement_version"
    __table_args__ = (one_of("cause", TermsCause), sa.UniqueConstraint("agreement_id", "number"))

    id: UUID = own_id()
    number: int
    cause: str = word()
    effective_on: date
    made_by: UUID = reference("actor", index=False)
    made_at: datetime = moment()


@secured(Shape.APPENDED)
class TermsChange(OfAgreement, table=True):
    """What a version changed of the one before, in one of the terms."""

    __tablename__ = "terms_change"

    id: UUID = own_id()
    version_id: UUID = reference("agreement_version")
    term: str = Field(sa_type=sa.Text)
    before: str | None = Field(default=None, sa_type=sa.Text)
    after: str | None = Field(default=None, sa_type=sa.Text)


@secured(Shape.AUTHORITY)
class BudgetFrame(InSpace, Versioned, table=True):
    """What a social space can plan with for several years, agreed by two persons."""

    __tablename__ = "budget_frame"
    __table_args__ = (
        one_of("state", FrameState),
        sa.CheckConstraint("agreed_by <> proposed_by", name="four_eyes"),
        sa.CheckConstraint("first_year < last_year AND total > 0 AND notice_months >= 0", name="terms"),
    )

    id: UUID = own_id()
    contract_number: str | None = Field(default=None, sa_type=sa.Text)
    state: str = word(FrameState.PROPOSED)
    first_year: int
    last_year: int
    total: Decimal = money()
    notice_months: int = 0
    earlier_frame_id: UUID | None = reference("budget_frame", optional=True, index=False)
    proposed_by: UUID = reference("actor", index=False)
    agreed_by: UUID | None = reference("actor", optional=True, index=False)
    agreed_on: date | None = None


@secured(Shape.AUTHORITY)
class FrameYear(InSpace, table=True):
    """What a frame has for one of its years. Of a social space at most one frame holds a year."""

    __tablename__ = "frame_year"
    __table_args__ = (
        sa.UniqueConstraint("frame_id", "fiscal_year"),
        sa.Index(
            "frame_year_holds",
            *("authority_id", "social_space_id", "fiscal_year"),
            unique=True,
            postgresql_nulls_not_distinct=True,
            postgresql_where=sa.text("holds"),
        ),
        sa.CheckConstraint("amount > 0", name="amount"),
    )

    id: UUID = own_id()
    frame_id: UUID = reference("budget_frame")
    fiscal_year: int
    amount: Decimal = money()
    holds: bool = False


@secured(Shape.AUTHORITY)
class FrameShare(InSpace, Versioned, table=True):
    """What of a frame's year one provider can rely on, EUR."""

    __tablename__ = "frame_share"
    __table_args__ = (
        sa.UniqueConstraint("frame_id", "fiscal_year", "organisation_id"),
        sa.CheckConstraint("amount > 0", name="amount"),
        one_of("state", FrameShareState),
        sa.CheckConstraint(
            "num_nonnulls(given_up_because, given_up_by, given_up_on) = CASE state WHEN 'secured' THEN 0 ELSE 3 END",
            name="given_up",
        ),
        sa.CheckConstraint(
            "num_nonnulls(accepted_by, accepted_on) = CASE state WHEN 'given_up' THEN 2 ELSE 0 END", name="accepted"
        ),
        sa.CheckConstraint("accepted_by <> given_up_by", name="four_eyes"),
    )

    id: UUID = own_id()
    frame_id: UUID = reference("budget_frame", index=False)
    fiscal_year: int
    organisation_id: UUID = reference("organisation")
    amount: Decimal = money()
    state: str = word(FrameShareState.SECURED)
    given_up_because: str | None = Field(default=None, sa_type=sa.Text)
    given_up_by: UUID | None = reference("actor", optional=True, index=False)
    given_up_on: date | None = None
    accepted_by: UUID | None = reference("actor", optional=True, index=False)
    accepted_on: date | None = None
