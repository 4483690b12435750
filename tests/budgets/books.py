"""An authority of a test's own with its spaces, regions, cases and money: posted by the ledger's one statement, on any
day, without the operations that lead there."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import psycopg
from sqlmodel import SQLModel

from service.demo.people import signing_in
from service.domain.access.model import AccessGrant, Authority, AuthorityKind
from service.domain.budgets.ledger import AccountKind, Move, PostingKind, account_of, accounts_of, posting_of
from service.domain.budgets.model import Allocation, BudgetAgreement, BudgetLine, Commitment, LineKind
from service.domain.cases.model import Case
from service.domain.policy import Role
from service.domain.spaces.levels import usual_levels
from service.domain.spaces.model import (
    Municipality,
    Region,
    RegionMembership,
    SocialSpace,
    SocialSpaceMunicipality,
)
from service.domain.values import new_id
from service.storage.data_keys import DataKeys
from tests.budgets.contract import LONG_AGO, add
from tests.conftest import Database, data_keys

YEAR = 2026
FIRST_DAY = date(YEAR, 1, 1)
APPROVED = Decimal("100000.00")
AMOUNTS = ("approved", "reserved", "committed", "booked", "free")


@dataclass
class Books:
    """`homes`: the regions of each space, one after the other, each from a day on."""

    database: Database
    homes: Mapping[str, Sequence[tuple[str, date]]]
    year: int = YEAR
    name: str = field(default_factory=lambda: f"books-{uuid4().hex[:8]}")
    authority: UUID = field(default_factory=new_id)
    controller_id: UUID = field(default_factory=new_id)
    spaces: dict[str, UUID] = field(default_factory=dict)
    regions: dict[str, UUID] = field(default_factory=dict)
    agreements: dict[str, UUID] = field(default_factory=dict)
    lines: dict[tuple[str, str], UUID] = field(default_factory=dict)
    cases: dict[str, UUID] = field(default_factory=dict)
    keys: DataKeys = field(default_factory=data_keys)

    def __post_init__(self) -> None:
        self.spaces = {space: new_id() for space in self.homes}
        self.regions = {region: new_id() for told in self.homes.values() for region, _ in told}
        add(self.database, [*self._people(), *self._territory()])
        self._agree()

    def begin(self, year: int) -> None:
        """Go on with the agreements of another year, unless it is this one."""
        if year != self.year:
            self.year = year
            self._agree()

    def _agree(self) -> None:
        add(self.database, list(self._agreements()))
        for space, agreement in self.agreements.items():
            source = account_of(agreement, AccountKind.SOURCE)
            free = [account_of(self.lines[space, line.value], AccountKind.FREE) for line in LineKind]
            moves = [Move(PostingKind.APPROVE, source, account, APPROVED, agreement) for account in free]
            self.post(moves, date(self.year, 1, 1))

    @property
    def controller(self) -> str:
        return f"controller-{self.name}"

    def spend(self, space: str, case: str | None, amount: str, day: date, **more: str) -> None:
        """Reserve, commit or book an amount, for a case or for none: `kind`, on `line`."""
        self.spend_each(space, [(case, amount)], day, **more)

    def spend_each(self, space: str, spent: Iterable[tuple[str | None, str]], day: date, **more: str) -> None:
        kind, line = AccountKind(more.get("kind", "committed")), more.get("line", "case_specific")
        line_id = self.lines[space, line]
        free, held = account_of(line_id, AccountKind.FREE), account_of(line_id, kind)
        rows, moves = list[SQLModel](), list[Move]()
        for place, (case, amount) in enumerate(spent):
            family = more["family"].format(place) if "family" in more else None
            if (of := case or family) is not None and of not in self.cases:
                self.cases[of] = new_id()
                rows.append(self._case(of, space))
            commitment = Commitment(
                id=new_id(),
                authority_id=self.authority,
                social_space_id=self.spaces[space],
                agreement_id=self.agreements[space],
                line_id=line_id,
                basis="granted_claim",
                amount=Decimal(amount),
                purpose=None if "purpose_kind" in more else "Probe",
                purpose_kind=more.get("purpose_kind"),
                case_id=self.cases[case] if case is not None else None,
                case_digest=self._digest(family) if family is not None else None,
                value_on=day,
            )
            moves.append(Move(PostingKind.GRANT, free, held, Decimal(amount), commitment.id))
            rows.append(commitment)
        add(self.database, rows)
        self.post(moves, day)

    def _digest(self, family: str) -> UUID:
        return UUID(self.keys.digests(str(self.cases[family]), f"open shares {self.authority}")[-1][:32])

    def carry_in(self, space: str, amount: str, day: date) -> None:
        """From the year before, to the line for work without a case."""
        line, agreement = self.lines[space, "case_unspecific"], self.agreements[space]
        allocation = Allocation(
            id=new_id(),
            authority_id=self.authority,
            social_space_id=self.spaces[space],
            agreement_id=agreement,
            line_id=line,
            kind="carry_in",
            state="released",
            amount=Decimal(amount),
            effective_on=day,
            reason="Übertrag",
            proposed_by=self.controller_id,
        )
        add(self.database, [allocation])
        accounts = account_of(agreement, AccountKind.CARRY_OVER), account_of(line, AccountKind.FREE)
        self.post([Move(PostingKind.APPROVE, *accounts, Decimal(amount), allocation.id)], day)

    def post(self, moves: Iterable[Move], day: date) -> None:
        posting = posting_of(moves, day, True, datetime.now(LONG_AGO.tzinfo), self.controller_id)
        with psycopg.connect(self.database.superuser) as connection, psycopg.RawCursor(connection) as cursor:
            done = cursor.execute(*posting).fetchone()
            assert done is not None
            assert done[:2] == (True, True), done

    def postings(self) -> list[tuple[str, str, date, str, Decimal]]:
        """Every movement of a line's account: its space, line, day, account, and what came in or went out."""
        names = {id: name for name, id in self.spaces.items()}
        rows = self.database.rows(
            """SELECT account.social_space_id, line.kind, posting.value_on, account.kind,
                      CASE WHEN account.id = posting.to_account_id THEN posting.amount ELSE -posting.amount END
               FROM posting JOIN ledger_account AS account
                   ON account.id IN (posting.from_account_id, posting.to_account_id)
               JOIN budget_line AS line ON line.id = account.line_id WHERE posting.authority_id = %s""",
            self.authority,
        )
        return [(names[space], *rest) for space, *rest in rows]

    def _case(self, name: str, space: str) -> Case:
        return Case(
            id=self.cases[name],
            authority_id=self.authority,
            social_space_id=self.spaces[space],
            pseudonym=uuid4().hex,
            state="enquiry",
            field_of_action="youth_welfare",
            opened_on=FIRST_DAY,
            title=name,
        )

    def _people(self) -> Iterator[SQLModel]:
        yield Authority(id=self.authority, key=self.name, name=self.name, kind="city")
        approver = new_id()
        for id, name in ((self.controller_id, self.controller), (approver, f"approver-{self.name}")):
            yield from signing_in(id, self.authority, f"development:{name}", name)
        yield AccessGrant(
            id=new_id(),
            authority_id=self.authority,
            actor_id=self.controller_id,
            role=Role.CONTROLLER.value,
            approved_by=approver,
            valid_from=LONG_AGO,
        )

    def _territory(self) -> Iterator[SQLModel]:
        scope: dict[str, Any] = {"authority_id": self.authority}
        yield from usual_levels(self.authority, AuthorityKind.DISTRICT_COUNTY)
        for name, id in self.regions.items():
            yield Region(id=id, name=name, valid_from=LONG_AGO.date(), **scope)
        for number, (name, id) in enumerate(self.spaces.items()):
            town = Municipality(
                id=new_id(),
                ags=f"{number:08}",
                ars=f"{number:012}",
                name=name,
                kind="town",
                population=1,
                population_on=FIRST_DAY,
                longitude=Decimal(11),
                latitude=Decimal(48),
                **scope,
            )
            yield town
            yield SocialSpace(id=id, name=name, valid_from=LONG_AGO.date(), **scope)
            yield SocialSpaceMunicipality(
                id=new_id(), social_space_id=id, municipality_id=town.id, valid_from=LONG_AGO.date(), **scope
            )
            ends = [day for _, day in self.homes[name][1:]] + [None]
            for (region, begins), end in zip(self.homes[name], ends, strict=False):
                days: dict[str, Any] = {"valid_from": begins, "valid_to": end}
                yield RegionMembership(
                    id=new_id(), region_id=self.regions[region], municipality_id=town.id, **days, **scope
                )

    def _agreements(self) -> Iterator[SQLModel]:
        for name, space in self.spaces.items():
            scope: dict[str, Any] = {"authority_id": self.authority, "social_space_id": space}
            agreement = BudgetAgreement(id=new_id(), fiscal_year=self.year, state="active", **scope)
            self.agreements[name] = agreement.id
            yield agreement
            yield from accounts_of(None, agreement)
            for kind in LineKind:
                line = BudgetLine(id=new_id(), agreement_id=agreement.id, kind=kind.value, agreed=APPROVED, **scope)
                self.lines[name, kind.value] = line.id
                yield line
                yield from accounts_of(line, agreement)
