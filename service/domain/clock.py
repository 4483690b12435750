"""What time it is. One clock for everything the domain dates; only development and tests may set it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

WHERE_PEOPLE_LIVE = ZoneInfo("Europe/Berlin")


@dataclass(frozen=True)
class Clock:
    """`now` in UTC; `today` is the day it is where people live."""

    read: Callable[[], datetime] = lambda: datetime.now(UTC)

    def now(self) -> datetime:
        return self.read().astimezone(UTC)

    def today(self) -> date:
        return day_of(self.read())


def day_of(moment: datetime) -> date:
    """The day it is then where people live."""
    return moment.astimezone(WHERE_PEOPLE_LIVE).date()


def standing_at(moment: datetime | None) -> Clock:
    return Clock() if moment is None else Clock(lambda: moment)


def after(day: date) -> datetime:
    """The first moment after a day, where people live."""
    return midnight(day + timedelta(days=1))


def midnight(day: date) -> datetime:
    """The moment at which a day begins where people live, in UTC."""
    return datetime(day.year, day.month, day.day, tzinfo=WHERE_PEOPLE_LIVE).astimezone(UTC)


def birthday(born_on: date, years: int) -> date:
    """The day on which somebody reaches an age (§ 187(2) BGB); of a 29 February, the 1 March."""
    try:
        return born_on.replace(year=born_on.year + years)
    except ValueError:
        return date(born_on.year + years, 3, 1)


def majority(born_on: date) -> datetime:
    """The first moment of the 18th birthday in Europe/Berlin (§ 2 BGB)."""
    return midnight(birthday(born_on, 18))
