"""Amounts and percents as a contract says them."""

from decimal import Decimal
from typing import Annotated

from pydantic import AfterValidator

from service.domain.values import Amount, Money, below_a_billion

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


Agreed = Annotated[Money, AfterValidator(_not_negative), AfterValidator(below_a_billion)]
Percent = Annotated[Money, AfterValidator(_not_negative), AfterValidator(at_most_whole)]
Retention = Annotated[Money, AfterValidator(_part)]
Share = Annotated[Amount, AfterValidator(at_most_whole)]
