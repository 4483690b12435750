"""Money bound over GraphQL: by our operation, and as the same rows written one by one."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID

import psycopg

from service.bench.ground import SUPERUSER, Ground
from service.bench.workloads import Asked, in_graphql
from service.demo.people import DemoPerson
from service.domain.budgets.ledger import AccountKind, account_of
from service.domain.values import new_id

MOST = 4_000  # made ready for each second: none must be asked for twice
CENT = "0.01"
PLENTY = "900000.00"

COMMIT_FUNDS = """mutation CommitFunds($id: UUID!, $input: CommitFundsInput!) {
  commitFunds(id: $id, input: $input) { __typename ... on Commitment { id amount state } }
}"""
# What commitFunds writes: without a lock, a check, a rule or a log, and each row in a transaction of its own.
SAME_ROWS = """mutation SameRows($receipt: ReceiptInput!, $commitment: CommitmentInput!, $event: EventInput!,
    $audit: AuditEntryInput!, $posting: PostingInput!, $day: Date!, $free: UUID!, $committed: UUID!, $left: BigFloat!,
    $bound: BigFloat!) {
  createReceipt(input: {receipt: $receipt}) { clientMutationId }
  createCommitment(input: {commitment: $commitment}) { commitment { rowId amount state } }
  createEvent(input: {event: $event}) { clientMutationId }
  createAuditEntry(input: {auditEntry: $audit}) { clientMutationId }
  createPosting(input: {posting: $posting}) { clientMutationId }
  a: updateLedgerAccountByRowId(input: {rowId: $free, ledgerAccountPatch: {balance: $left}}) { clientMutationId }
  b: updateLedgerAccountByRowId(input: {rowId: $committed, ledgerAccountPatch: {balance: $bound}}) { clientMutationId }
  c: updateLedgerDayByAccountIdAndValueOn(input: {accountId: $free, valueOn: $day, ledgerDayPatch: {moved: $left}}) {
    clientMutationId
  }
  d: updateLedgerDayByAccountIdAndValueOn(
    input: {accountId: $committed, valueOn: $day, ledgerDayPatch: {moved: $bound}}) {
    clientMutationId
  }
}"""


class Mutations:
    """Each is new, so that nobody answers with what was done before."""

    def __init__(self, ground: Ground, who: DemoPerson, seconds: float) -> None:
        self.who, self.count = who, round(seconds * MOST)
        with psycopg.connect(ground.address(SUPERUSER)) as connection:
            found = connection.execute(
                """SELECT line.id, line.agreement_id, line.social_space_id
                   FROM budget_line AS line JOIN budget_agreement AS agreement ON agreement.id = line.agreement_id
                   WHERE agreement.fiscal_year = extract(year FROM now()) AND line.kind = 'cross_case'"""
            ).fetchone()
        assert found is not None
        self.line, self.agreement, self.space = found

    def ours(self) -> Sequence[Asked]:
        said = {"amount": CENT, "purpose": "Fest"}
        return [
            in_graphql(COMMIT_FUNDS, id=str(self.line), input={"id": str(new_id()), **said}) for _ in range(self.count)
        ]

    def same_rows(self) -> Sequence[Asked]:
        return [in_graphql(SAME_ROWS, **self._rows(new_id())) for _ in range(self.count)]

    def _rows(self, id: UUID) -> dict[str, object]:
        now = datetime.now(UTC)
        free, committed = account_of(self.line, AccountKind.FREE), account_of(self.line, AccountKind.COMMITTED)
        actor, authority = str(self.who.actor_id), str(self.who.authority_id)
        of_space = {"authorityId": authority, "socialSpaceId": str(self.space), "agreementId": str(self.agreement)}
        day = now.date().isoformat()
        return {
            "receipt": {
                "actorId": actor,
                "key": str(id),
                "operation": "commit_funds",
                "digests": json.dumps({"amount": "0" * 43, "purpose": "0" * 43, "on": "0" * 43}),
                "subjectId": str(id),
            },
            "commitment": {
                **of_space,
                **{"lineId": str(self.line), "rowId": str(id), "version": 1, "basis": "voluntary"},
                **{"state": "committed", "amount": CENT, "booked": "0.00", "released": "0.00", "purpose": "Fest"},
                **{"outsideNetwork": False, "grantedBy": actor, "valueOn": day},
            },
            "event": {
                **{"authorityId": authority, "kind": "commitment.commit", "subject": "commitment"},
                **{"subjectId": str(id), "version": 1, "actorId": actor},
            },
            "audit": {
                **{"authorityId": authority, "actorId": actor, "action": "commitment.commit", "outcome": "done"},
                **{"cases": [], "traceId": "0" * 32},
            },
            "posting": {
                **of_space,
                **{"rowId": str(new_id()), "kind": "grant", "fromAccountId": str(free), "toAccountId": str(committed)},
                **{"amount": CENT, "valueOn": day, "at": now.isoformat(), "actorId": actor, "subjectId": str(id)},
            },
            **{"day": day, "free": str(free), "committed": str(committed), "left": PLENTY, "bound": CENT},
        }
