"""Amounts and percents as a contract says them."""

from decimal import Decimal
from typing import Annotated

from pydantic import AfterValidator

from service.domain.values import Amount, Money, below_a_billion, said_as

WHOLE = Decimal(100)  # percent


def _not_negative(amount: Decimal) -> Decimal:
    if amount < 0:
        raise ValueError("must not be below zero")
    return amount


def at_most_whole(share: Decimal) -> Decimal:
    if share > WHOLE:
        raise ValueError("must not be more than 100.00")
    return share


def _part(share: Decimal) -> Decimal:
    if not 0 <= share < WHOLE:
        raise ValueError("must be from 0.00 to 99.99")
    return share


_BELOW_WHOLE, _PERCENT = r"[0-9]{1,2}\.[0-9]{2}", r"([0-9]{1,2}\.[0-9]{2}|100\.00)"

Agreed = Annotated[
    Money,
    AfterValidator(_not_negative),
    AfterValidator(below_a_billion),
    said_as(r"^[0-9]{1,9}\.[0-9]{2}$", 12, "1250.00"),
]
Percent = Annotated[
    Money, AfterValidator(_not_negative), AfterValidator(at_most_whole), said_as(f"^{_PERCENT}$", 6, "50.00")
]
Retention = Annotated[Money, AfterValidator(_part), said_as(f"^{_BELOW_WHOLE}$", 5, "10.00")]
Share = Annotated[Amount, AfterValidator(at_most_whole), said_as(rf"^(?!0+\.00$){_PERCENT}$", 6, "50.00")]
