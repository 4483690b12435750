"""How life is, is for each to say: on a scale of their own, and apart from goals."""

import re

import pytest
import sqlalchemy as sa

from service.domain.views import VIEWS
from tests.cases.conftest import WORKER, Life

pytestmark = pytest.mark.anyio
SCALE = {"about": "Schlaf", "lowest_means": "gar nicht", "highest_means": "wie früher", "highest": 7}


async def test_everybody_rates_for_themselves_again_and_again(life: Life) -> None:
    for value in (2, 5):
        await life.do(life.login, "rate_life", life.case, **SCALE, value=value)
    told = (await life.as_(WORKER).many("life_ratings", ("case", life.case))).rows
    assert [(each["value"], each["highest"]) for each in told] == [(2, 7), (5, 7)]
    assert {each["participant_id"] for each in told} == {str(life.addressee)}
    assert (await life.tries(WORKER, "rate_life", life.case, **SCALE, value=7)).status == 403, "not for somebody else"
    assert (await life.tries(life.login, "rate_life", life.case, **SCALE, value=8)).code == "invalid-input"


async def test_no_list_ranks_people_by_what_they_say_of_their_life(life: Life) -> None:
    """By time or as it was written down, and by nothing else; and no figure is made of it."""
    (rating,) = (view for view in VIEWS.values() if view.name == "LifeRating")
    assert set(rating.orders) == {"rated_at", "id"}
    assert not {"value", "highest"} & set(rating.filters)


async def test_the_matrix_holds_what_was_seen_over_time_and_by_whom(life: Life) -> None:
    field = {"life_area": "housing", "aspect": "conditions"}
    await life.do(WORKER, "note_situation", life.case, **field, words="Zu laut.", seen_on="2026-02-01")
    await life.do(life.login, "note_situation", life.case, **field, words="Jetzt geht es.", audience="author")
    hers = (await life.as_(life.login).many("situation_entries", ("case", life.case))).rows
    assert [each["words"] for each in hers] == ["Zu laut.", "Jetzt geht es."]
    his = (await life.as_(WORKER).many("situation_entries", ("case", life.case))).rows
    assert [each["words"] for each in his] == ["Zu laut."], "what she keeps to herself stays hers"
    for wrong in ({"life_area": "other"}, {"area_name": "Glaube"}, {"seen_on": "2199-01-01"}):
        refused = await life.tries(WORKER, "note_situation", life.case, **(field | {"words": "X"} | wrong))
        assert refused.code == "invalid-input", wrong
    named = {**field, "life_area": "other", "area_name": "Glaube"}
    assert (await life.do(WORKER, "note_situation", life.case, **named, words="Der Chor."))["area_name"] == "Glaube"


COUNTED = {"position", "edition", "number", "row_number", "fiscal_year", "year", "population"}  # in a row; of places


def test_no_list_of_anything_ranks_anybody_and_nothing_tells_a_score() -> None:
    """Neither people, workers nor providers (deck line 240): by days and names, and of numbers by those alone in which
    nobody is better."""
    for record, each in VIEWS.items():
        numeric = {order for order in each.orders if isinstance(each.table.c[order].type, sa.Integer | sa.Numeric)}
        assert numeric <= COUNTED, each.name
        assert not [field for field in record.model_fields if re.search("score|rank|risk|league", field)], each.name
