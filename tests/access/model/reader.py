"""Somebody who asks: what they see of everything, and what they may do to it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date

from service.domain.views import View
from tests.access.model import (
    access,
    assignments,
    budgets,
    cases,
    consultations,
    decisions,
    dialogues,
    jobs,
    protection,
    spaces,
    steering,
    teams,
    valuation,
    years,
)
from tests.access.model.county import Row
from tests.access.model.holding import Holder
from tests.access.model.seeing import OF_NAME, Deed, Seen

SEEN: Mapping[str, Seen] = {
    **access.SEEN,
    **spaces.SEEN,
    **teams.SEEN,
    **cases.SEEN,
    **decisions.SEEN,
    **assignments.SEEN,
    **budgets.SEEN,
    **years.SEEN,
    **valuation.SEEN,
    **jobs.SEEN,
    **dialogues.SEEN,
    **protection.SEEN,
    **consultations.SEEN,
    **steering.SEEN,
}


DEEDS: Mapping[str, Deed] = {
    **access.DEEDS,
    **spaces.DEEDS,
    **teams.DEEDS,
    **cases.DEEDS,
    **decisions.DEEDS,
    **assignments.DEEDS,
    **budgets.DEEDS,
    **years.DEEDS,
    **valuation.DEEDS,
    **jobs.DEEDS,
    **dialogues.DEEDS,
    **protection.DEEDS,
    **consultations.DEEDS,
    **steering.DEEDS,
}


WITHOUT_ROW = frozenset(
    {
        "open_case",
        "report_endangerment",
        "add_life_area",
        "add_consultation_method",
        "add_region",
        "recut_regions",
        "merge_social_spaces",
        "split_social_space",
        "form_team",
        "add_complaint_office",
        "name_lead",
        "ask_whether_known",
        "add_organisation",
        "request_audit_access",
        "add_actor",
        "draft_budget_agreement",
        "propose_budget_frame",
        "enter_invoice",
        "release_figures",
        "start_booking_import",
        "start_settlements",
        "start_figure_release",
        "start_space_dialogue",
        "start_region_dialogue",
    }
)
"""What these are about stands in their input: a social space, an authority, a pseudonym."""


SEEING_IS_DOING = frozenset({"revoke_calendar_address", "name_lead", "judge_endangerment", "release_family_plan"})
"""Whoever sees the row may do this to it: nobody sees and may not."""


@dataclass
class Reader(Holder):
    """Somebody with a login, or the public."""

    _seen: dict[tuple[str, int], bool] = field(default_factory=dict, repr=False)

    def sees(self, view: str, row: Row) -> bool:
        asked = view, id(row)
        if asked not in self._seen:
            self._seen[asked] = SEEN[view].by(self, row)
        return self._seen[asked]

    def shows(self, view: str, name: str, row: Row) -> bool:
        return name not in SEEN[view].only or SEEN[view].only[name](self, row)

    def may(self, operation: str, row: Row) -> bool:
        """As a rule, whoever may do something to a row sees it: what one cannot read one cannot agree, change, end."""
        deed = DEEDS[operation]
        return (deed.view is None or deed.unseen or self.sees(deed.view, row)) and deed.by(self, row)

    def listed(
        self,
        view: str,
        order: str | None = None,
        within: Callable[[Row], bool] | None = None,
        on: str | None = None,
        former: bool = False,
        outside: bool = True,
    ) -> list[Row]:
        """What is dated is listed for a day: today, unless `on` names another; people of a case as long as they are in
        it, or those who are `former` ones; what is paid of invoices, to whom is `outside` of the network."""
        declared = OF_NAME[view]
        on = (on or self.county.today) if _by_day(declared) else None
        name = (order or declared.orders[0]).removeprefix("-")
        rows = [
            row
            for row in self.county.tables[SEEN[view].table]
            if self.sees(view, row)
            and (within is None or within(row))
            and (self.county.holds_on(row, on) if on else True)
            and ("former" not in declared.defaults or (row["left_on"] is not None) is former)
            and ("outside_network" not in declared.defaults or row["outside_network"] is outside)
        ]
        keys = dict.fromkeys((name, *(each if each in declared.table.c else "case_id" for each in declared.unique)))
        return sorted(rows, key=lambda row: [row[key] for key in keys], reverse=(order or "").startswith("-"))


def _by_day(view: View) -> bool:
    return any(default.holds and default.holds.type.python_type is date for default in view.defaults.values())
