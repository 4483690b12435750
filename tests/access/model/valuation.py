"""What work is worth: a provider's own price for that provider and finance, the network's for its parties."""

from collections.abc import Mapping

from tests.access.model.budgets import acts_for_agency, of_cases, of_totals, single_amount, unless
from tests.access.model.county import Row
from tests.access.model.holding import Holder
from tests.access.model.seeing import Deed, Seen, Test, eur, up


def _worth(reader: Holder, row: Row) -> bool:
    if row["organisation_id"] is None:
        return of_totals(reader, row) or reader.is_party(row["agreement_id"])
    return of_cases(reader, row) or reader.represents(row["organisation_id"], "provider_manager")


def _agrees(reader: Holder, row: Row) -> bool:
    if reader.id == row["proposed_by"]:
        return False
    if row["organisation_id"] is None:
        return reader.speaks_for(row["agreement_id"])
    return reader.represents(row["organisation_id"], "provider_manager")


_provides: Test = lambda reader, row: reader.represents(row["organisation_id"], "provider_manager")  # noqa: E731


SEEN: Mapping[str, Seen] = {
    "ValuationRule": Seen(
        "valuation_rule",
        _worth,
        "id agreement_id kind number organisation_id amount valid_from valid_through state proposed_by agreed_by "
        "agreed_on version",
        said=eur("amount"),
    ),
    "ServiceRecord": Seen(
        "service_record",
        single_amount,
        "id agreement_id line_id commitment_id organisation_id month kind hours rule_id rate amount state recorded_by "
        "recorded_at version",
        said=eur("hours", "rate", "amount"),
        one={"rule": ("ValuationRule", up("rule_id"))},
    ),
}


DEEDS: Mapping[str, Deed] = {
    "propose_valuation_rule": Deed("BudgetAgreement", acts_for_agency, ("draft", "active")),
    "agree_valuation_rule": Deed("ValuationRule", _agrees, ("proposed",)),
    "withdraw_valuation_rule": Deed("ValuationRule", acts_for_agency, ("proposed",)),
    "record_service": Deed(
        "Commitment", unless(_provides, "granted_by", "granted_with", "confirmed_by"), ("committed", "partly_booked")
    ),
    "withdraw_service_record": Deed("ServiceRecord", _provides, ("recorded",)),
}
