"""Who sees and moves money (facts, section 5). Totals of a space are for those who work there, single amounts for
finance, its auditors, and those whose own they are. Planning has the released figures, as everybody does."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy import any_

from service.domain.access.holding import is_represented
from service.domain.access.model import Membership
from service.domain.budgets.contract import AgreementVersion, BudgetFrame, FrameShare, TermsCause
from service.domain.budgets.duties import Duty, DutyHolder
from service.domain.budgets.model import BudgetAgreement, BudgetParty
from service.domain.cases.policy import LEADING
from service.domain.policy import (
    EVERYBODY,
    PERSONAS_OF_ROLE,
    SIGNED_IN,
    Action,
    Reader,
    Role,
    Row,
    Rule,
    holding,
    holding_region,
    holding_throughout,
    naming,
    representing,
)

_agreement: Any = BudgetAgreement.__table__  # type: ignore[attr-defined]
_frame: Any = BudgetFrame.__table__  # type: ignore[attr-defined]
_member: Any = Membership.__table__  # type: ignore[attr-defined]
_party: Any = BudgetParty.__table__  # type: ignore[attr-defined]
_relied: Any = FrameShare.__table__  # type: ignore[attr-defined]
_version: Any = AgreementVersion.__table__  # type: ignore[attr-defined]


def _of_contract(agreement: str) -> Rule:
    def condition(reader: Reader, row: Row) -> sa.ColumnElement[bool]:
        mine = _party.c.organisation_id == any_(reader.organisations(Role.PROVIDER_MANAGER))
        found: sa.ColumnElement[bool] = row[agreement].in_(sa.select(_party.c.agreement_id).where(mine))
        return found

    says = "you are provider manager of a party to the agreement"
    return Rule(condition, says, PERSONAS_OF_ROLE[Role.PROVIDER_MANAGER])


def _speaking_for(agreement: str) -> Rule:
    """Of a network that has a lead provider, that one alone."""

    def condition(reader: Reader, row: Row) -> sa.ColumnElement[bool]:
        lead = _party.alias()
        led = sa.exists().where(lead.c.agreement_id == _party.c.agreement_id, lead.c.lead)
        mine = _party.c.organisation_id == any_(reader.organisations(Role.PROVIDER_MANAGER))
        speaking = sa.select(_party.c.agreement_id).where(mine, sa.or_(_party.c.lead, sa.not_(led)))
        found: sa.ColumnElement[bool] = row[agreement].in_(speaking)
        return found

    says = "you are provider manager of its lead provider (or of any party, where none leads)"
    return Rule(condition, says, PERSONAS_OF_ROLE[Role.PROVIDER_MANAGER])


def _of_frame(frame: str) -> Rule:
    """Of an agreement of one of its years."""

    def condition(reader: Reader, row: Row) -> sa.ColumnElement[bool]:
        mine = _party.c.organisation_id == any_(reader.organisations(Role.PROVIDER_MANAGER))
        of_years = sa.and_(
            _agreement.c.authority_id == _frame.c.authority_id,
            _agreement.c.social_space_id.is_not_distinct_from(_frame.c.social_space_id),
            _agreement.c.fiscal_year.between(_frame.c.first_year, _frame.c.last_year),
        )
        found = sa.select(_frame.c.id).join_from(_frame, _agreement, of_years)
        found = found.join(_party, _party.c.agreement_id == _agreement.c.id).where(mine)
        held: sa.ColumnElement[bool] = row[frame].in_(found)
        return held

    says = "you are provider manager of a party to an agreement of one of its years"
    return Rule(condition, says, PERSONAS_OF_ROLE[Role.PROVIDER_MANAGER])


def _promised(reader: Reader, row: Row) -> sa.ColumnElement[bool]:
    """A part of a frame's years; what others are agreed on for them is not theirs to know."""
    mine = _relied.c.organisation_id == any_(reader.organisations(Role.PROVIDER_MANAGER))
    found: sa.ColumnElement[bool] = row.id.in_(sa.select(_relied.c.frame_id).where(mine))
    return found


def _represented_by_nobody(reader: Reader, row: Row) -> sa.ColumnElement[bool]:
    return sa.not_(is_represented(row.organisation_id, Role.PROVIDER_MANAGER))


def _given_up_by_its_own(reader: Reader, row: Row) -> sa.ColumnElement[bool]:
    """By somebody who worked for the organisation then."""
    member = _member.alias()
    own = sa.exists().where(
        member.c.actor_id == row.given_up_by,
        member.c.organisation_id == row.organisation_id,
        sa.or_(member.c.valid_to.is_(None), member.c.valid_to > row.given_up_on),
    )
    return own.correlate_except(member)


def _without_parties(agreement: str) -> Rule:
    """The agency's own plan: there is no network that could speak."""

    def condition(reader: Reader, row: Row) -> sa.ColumnElement[bool]:
        party = _party.alias()
        there = sa.select(party.c.id).where(party.c.agreement_id == row[agreement])
        return sa.not_(there.correlate_except(party).exists())

    return Rule(condition, "its agreement has no parties", SIGNED_IN)


def _of_no_party(agreement: str) -> Rule:
    """Whoever works for one side does not act for the other (§ 16(1) no. 5 SGB X), whatever they may do there."""

    def condition(reader: Reader, row: Row) -> sa.ColumnElement[bool]:
        party = _party.alias()
        mine = sa.exists().where(
            party.c.agreement_id == row[agreement], party.c.organisation_id == any_(reader.employers())
        )
        return sa.not_(mine.correlate_except(party))

    return Rule(condition, "you work for no party to its agreement", SIGNED_IN)


def _not(column: str, says: str) -> Rule:
    return Rule(lambda reader, row: row[column].is_distinct_from(reader.id), says, SIGNED_IN)


def _has_not_written(reader: Reader, row: Row) -> sa.ColumnElement[bool]:
    """None of the versions, whoever made the last one: nobody says yes to terms of their own. A supplement is proposed
    and released by two, and drafts nothing."""
    version = _version.alias()
    mine = sa.exists().where(
        version.c.agreement_id == row.id,
        version.c.made_by == reader.id,
        version.c.cause != sa.literal_column(f"'{TermsCause.SUPPLEMENTED}'"),
    )
    return sa.and_(row.drafted_by.is_distinct_from(reader.id), sa.not_(mine.correlate_except(version)))


def _does(duty: Duty, holder: DutyHolder) -> Rule:
    """By the agreement, as it stands now."""

    def condition(reader: Reader, row: Row) -> sa.ColumnElement[bool]:
        named = sa.literal_column(f"'{holder}'") == any_(_agreement.c[duty.value])
        found: sa.ColumnElement[bool] = row.agreement_id.in_(sa.select(_agreement.c.id).where(named))
        return found

    return Rule(condition, f"its agreement has {duty.value} done by {holder.value}", SIGNED_IN)


def _duty(duty: Duty) -> Rule:
    """Of those who do it by the agreement; where there is no network, the agency."""
    agency = FOR_AGENCY & _does(duty, DutyHolder.AGENCY)
    lead = SPEAKING & _does(duty, DutyHolder.LEAD_PROVIDER)
    return agency | lead | (PARTY & _does(duty, DutyHolder.PROVIDERS)) | (CONTROLLING & ALONE)


CONTROLLING = holding_throughout(Role.CONTROLLER)
READING_ALL = holding_throughout(Role.CONTROLLER, Role.AUDITOR)  # an audit reads what finance reads (§ 67c(3) SGB X)
PARTY = _of_contract("agreement_id")
SPEAKING = _speaking_for("agreement_id")
ALONE = _without_parties("agreement_id")
FOR_AGENCY = CONTROLLING & _of_no_party("agreement_id")
FOR_AGENCY_ON_AGREEMENT = CONTROLLING & _of_no_party("id")
NOT_OF_ORGANISATION = Rule(
    lambda reader, row: sa.not_(row.organisation_id == any_(reader.employers())),
    "you do not work for its organisation",
    SIGNED_IN,
)
OTHERS_GRANTED = _not("granted_by", "somebody else has granted it") & _not("granted_with", "not with you")
PROVED_BY_OTHERS = _not("proved_by", "somebody else has handed in the proof")
PROVED_FOR_AGENCY = _does(Duty.DOCUMENTATION, DutyHolder.AGENCY)  # no side was changed: who proved may pay
OTHERS_WROTE = Rule(_has_not_written, "others have made every version of its terms", SIGNED_IN)
RELYING = Rule(
    _promised, "you are provider manager of one that can rely on it", PERSONAS_OF_ROLE[Role.PROVIDER_MANAGER]
)
OF_SPACE = holding(Role.SOCIAL_SPACE_MANAGER, Role.CASE_WORKER, Role.REGIONAL_MANAGER)
OF_CASES = holding(Role.SOCIAL_SPACE_MANAGER, Role.CASE_WORKER)  # who chooses a provider there, and so knows its price
OF_REGION = holding_region(Role.REGIONAL_MANAGER)
OWN_ORGANISATION = representing(Role.PROVIDER_MANAGER)
ABANDONED = Rule(_represented_by_nobody, "nobody is provider manager of its organisation", SIGNED_IN)
SAID_BY_ITS_OWN = Rule(_given_up_by_its_own, "somebody of its organisation has given it up", SIGNED_IN)
OF_NETWORK = Rule(lambda reader, row: row.organisation_id.is_(None), "it is for the whole network", EVERYBODY)

READ_AGREEMENT = READING_ALL | OF_SPACE | _of_contract("id")
READ_LINE = READING_ALL | OF_SPACE | PARTY
READ_FRAME = READING_ALL | OF_SPACE | _of_frame("id") | RELYING
READ_FRAME_YEAR = READING_ALL | OF_SPACE | _of_frame("frame_id")
READ_FRAME_SHARE = READING_ALL | OWN_ORGANISATION  # each provider its own
READ_ALLOCATION = READING_ALL | PARTY
READ_TRANCHE = READING_ALL | PARTY
READ_SHARE = READING_ALL | OWN_ORGANISATION  # each provider its own
READ_TRANSFER = READ_LINE
READ_COMMITMENT = READING_ALL | OWN_ORGANISATION | LEADING
READ_INVOICE = READING_ALL | OWN_ORGANISATION
READ_BOOKING = READING_ALL | OWN_ORGANISATION | LEADING
READ_VALUATION = READING_ALL | OF_CASES | OWN_ORGANISATION | ((OF_SPACE | PARTY) & OF_NETWORK)
READ_POSTING = READING_ALL
READ_FIGURE = READING_ALL | OF_SPACE | PARTY | OF_REGION
READ_FIGURE_PART = READING_ALL | OF_SPACE | PARTY
READ_FIGURE_POSTING = READ_BOOKING
READ_CONCENTRATION = holding_throughout(Role.CONTROLLER, Role.AUDITOR, Role.INTEGRATED_PLANNER) | holding(
    Role.SOCIAL_SPACE_MANAGER, Role.REGIONAL_MANAGER
)
READ_PROCEDURE = READING_ALL | holding(Role.SOCIAL_SPACE_MANAGER, Role.REGIONAL_MANAGER) | PARTY

DRAFT = Action("budget_agreement.draft", holding_throughout(Role.CONTROLLER, authority="id"))
PROPOSE_FRAME = Action("budget_frame.propose", holding_throughout(Role.CONTROLLER, authority="id"))
AGREE_FRAME = Action("budget_frame.agree", CONTROLLING & _not("proposed_by", "somebody else has proposed it"))
GIVE_UP_SHARE = Action("frame_share.give_up", OWN_ORGANISATION | (CONTROLLING & ABANDONED))
KEEP_SHARE = Action("frame_share.keep", OWN_ORGANISATION | (CONTROLLING & ABANDONED))
ACCEPT_GIVING_UP = Action(
    "frame_share.accept",
    CONTROLLING
    & NOT_OF_ORGANISATION
    & _not("given_up_by", "somebody else has given it up")
    & (ABANDONED | SAID_BY_ITS_OWN),
)
CHANGE_AGREEMENT = Action("budget_agreement.change", FOR_AGENCY_ON_AGREEMENT)
ADD_PARTY = Action("budget_party.add", FOR_AGENCY_ON_AGREEMENT)
REMOVE_PARTY = Action("budget_party.remove", FOR_AGENCY_ON_AGREEMENT)
AGREE_SHARES = Action("network_shares.agree", FOR_AGENCY_ON_AGREEMENT)
ACTIVATE = Action("budget_agreement.activate", FOR_AGENCY_ON_AGREEMENT & OTHERS_WROTE)
CLOSE_PERIOD = Action("budget_period.close", FOR_AGENCY_ON_AGREEMENT)
SPEAK_FOR_AGENCY = Action("agreement_position.agency", FOR_AGENCY_ON_AGREEMENT & OTHERS_WROTE)
SPEAK_FOR_NETWORK = Action("agreement_position.network", _speaking_for("id") & OTHERS_WROTE)
CONFIRM_FUNDING = Action("agreement_position.funding", FOR_AGENCY_ON_AGREEMENT & OTHERS_WROTE)
CONFIRM_COOPERATION = Action(
    "agreement_position.cooperation", holding(Role.SOCIAL_SPACE_MANAGER) & _of_no_party("id") & OTHERS_WROTE
)
PROPOSE_ALLOCATION = Action("allocation.propose", FOR_AGENCY)
WITHDRAW_ALLOCATION = Action("allocation.withdraw", FOR_AGENCY)
RELEASE_ALLOCATION = Action("allocation.release", FOR_AGENCY & _not("proposed_by", "somebody else has proposed it"))
PLAN_TRANCHES = Action("tranches.plan", FOR_AGENCY_ON_AGREEMENT)
RELEASE_TRANCHE = Action("tranche.release", FOR_AGENCY & _not("planned_by", "somebody else has planned it"))
WITHHOLD_TRANCHE = Action("tranche.withhold", FOR_AGENCY)
PAY_TRANCHE = Action("tranche.pay", FOR_AGENCY)
PROPOSE_TRANSFER = Action("budget_transfer.propose", FOR_AGENCY)
WITHDRAW_TRANSFER = Action("budget_transfer.withdraw", FOR_AGENCY)
RELEASE_TRANSFER = Action("budget_transfer.release", FOR_AGENCY & _not("proposed_by", "somebody else has proposed it"))
SPEAK_ON_TRANSFER = Action("transfer_position.network", SPEAKING)
ANSWER_ON_TRANSFER = Action("transfer_position.answer", FOR_AGENCY)
AGREE_RULE = Action("deviation_rule.agree", FOR_AGENCY_ON_AGREEMENT)
PROPOSE_VALUATION = Action("valuation_rule.propose", FOR_AGENCY_ON_AGREEMENT)
AGREE_VALUATION = Action(
    "valuation_rule.agree",
    ((SPEAKING & OF_NETWORK) | OWN_ORGANISATION) & _not("proposed_by", "somebody else has proposed it"),
)
WITHDRAW_VALUATION = Action("valuation_rule.withdraw", FOR_AGENCY)
RECORD_SERVICE = Action(
    "service_record.record", OWN_ORGANISATION & OTHERS_GRANTED & _not("confirmed_by", "somebody else has confirmed it")
)
WITHDRAW_SERVICE_RECORD = Action("service_record.withdraw", OWN_ORGANISATION)
MONITOR_SERVICE = Action("monitored_service.record", FOR_AGENCY_ON_AGREEMENT)
OPEN_NEXT_PERIOD = Action("budget_agreement.open_next", FOR_AGENCY_ON_AGREEMENT)
FORECAST = Action("forecast.run", FOR_AGENCY_ON_AGREEMENT)
PREPARE_SETTLEMENT = Action("settlement.prepare", FOR_AGENCY_ON_AGREEMENT)
HAND_IN_PROOF = Action("settlement.prove", _duty(Duty.DOCUMENTATION))
CHECK_SETTLEMENT = Action(
    "settlement.check",
    FOR_AGENCY & _not("prepared_by", "somebody else has prepared it") & PROVED_BY_OTHERS,
)
AGREE_SETTLEMENT = Action(
    "settlement.agree",
    ((SPEAKING & _not("prepared_by", "somebody else has prepared it")) | (CONTROLLING & ALONE))
    & _not("checked_by", "somebody else has checked it"),
)
REWORK_SETTLEMENT = Action("settlement.rework", FOR_AGENCY)
PAY_SETTLEMENT = Action(
    "settlement.pay",
    FOR_AGENCY
    & _not("checked_by", "somebody else has checked it")
    & (ALONE | ((PROVED_FOR_AGENCY | PROVED_BY_OTHERS) & _not("agreed_by", "somebody else has agreed to it"))),
)
CARRY_OVER = Action("settlement.carry_over", FOR_AGENCY)
COMMIT = Action("commitment.commit", FOR_AGENCY)
RESERVE = Action("commitment.reserve", FOR_AGENCY)
COMMIT_RESERVED = Action("commitment.commit_reserved", FOR_AGENCY)
RELEASE_COMMITMENT = Action("commitment.release", FOR_AGENCY)
CONFIRM_COMMITMENT = Action("commitment.confirm", FOR_AGENCY & OTHERS_GRANTED)
BIND_FORESEEN = Action("foreseen_commitment.bind", CONTROLLING)
DROP_FORESEEN = Action("foreseen_commitment.drop", CONTROLLING)
ENTER_INVOICE = Action("invoice.enter", holding_throughout(Role.CONTROLLER, authority="id"))
NAME_DOCUMENT = Action("invoice.name_document", CONTROLLING & NOT_OF_ORGANISATION)
PROPOSE_BOOKING = Action("booking.propose", CONTROLLING & NOT_OF_ORGANISATION)
WITHDRAW_BOOKING = Action("booking.withdraw", CONTROLLING)
RELEASE_BOOKING = Action(
    "booking.release", CONTROLLING & NOT_OF_ORGANISATION & _not("proposed_by", "somebody else has proposed it")
)
REVERSE_BOOKING = Action(
    "booking.reverse", CONTROLLING & NOT_OF_ORGANISATION & _not("released_by", "somebody else has released it")
)
START_IMPORT = Action("booking_import.start", holding_throughout(Role.CONTROLLER, authority="id"))
RECEIVE_IMPORT = Action("booking_import.receive", CONTROLLING)
CHECK_IMPORT = Action("booking_import.check", CONTROLLING)
RELEASE_IMPORT = Action("booking_import.release", CONTROLLING & _not("imported_by", "somebody else has imported it"))
FINISH_IMPORT = Action("booking_import.finish", CONTROLLING)  # or give back what it took: nothing is decided by it
START_SETTLEMENTS = Action("job.start_settlements", holding_throughout(Role.CONTROLLER, authority="id"))
START_RELEASE = Action("job.start_figure_release", holding_throughout(Role.CONTROLLER, authority="id"))
START_EXPORT = Action("job.start_export", CONTROLLING)
START_RELEASE_EXPORT = Action("job.start_release_export", CONTROLLING)
FETCH_EXPORT = Action("job.fetch_export", CONTROLLING & naming("started_by", "you have started it"))
RELEASE_FIGURES = Action("figures.release", holding_throughout(Role.CONTROLLER, authority="id"))
GIVE_NOTICE = Action("overspend_procedure.give_notice", _duty(Duty.PROCESS))
REVIEW_FOR_AGENCY = Action("overspend_procedure.review_for_agency", FOR_AGENCY)
REVIEW_FOR_NETWORK = Action("overspend_procedure.review_for_network", SPEAKING)
DECIDE_ON_OVERSPEND = Action("overspend_procedure.decide", FOR_AGENCY)
GIVE_UNDERSPEND_NOTICE = Action("underspend_procedure.give_notice", _duty(Duty.PROCESS))
REVIEW_UNDERSPEND_FOR_AGENCY = Action("underspend_procedure.review_for_agency", FOR_AGENCY)
REVIEW_UNDERSPEND_FOR_NETWORK = Action("underspend_procedure.review_for_network", SPEAKING)
DECIDE_ON_UNDERSPEND = Action("underspend_procedure.decide", FOR_AGENCY)
CLOSE_UNDERSPEND = Action("underspend_procedure.close", FOR_AGENCY)
CLOSE_PROCEDURE = Action("overspend_procedure.close", FOR_AGENCY)
