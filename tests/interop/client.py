# mypy: disable-error-code="import-not-found"
"""The whole loop in eight steps, with a generated client: `python client.py URL TOKEN…`."""

import json
import sys
import time
from datetime import date, datetime
from typing import TypeVar
from uuid import uuid4

from sozialraum_client import AuthenticatedClient
from sozialraum_client.api.arrangements_and_decisions import (
    add_element,
    apply_for_element,
    decide_element,
    draft_arrangement,
)
from sozialraum_client.api.assignments import assign_provider, name_worker, record_progress
from sozialraum_client.api.budget_agreements import list_budget_agreements
from sozialraum_client.api.budget_figures import list_budget_figures, list_released_figures
from sozialraum_client.api.cases import add_participant, list_questions_of_case, open_case, read_question, word_answer
from sozialraum_client.api.deliveries import list_deliveries
from sozialraum_client.api.dialogues import (
    add_dialogue_participant,
    draft_minutes,
    hold_dialogue,
    invite_to_dialogue,
    plan_dialogue,
    release_minutes,
    start_space_dialogue,
)
from sozialraum_client.api.goals_and_steps import agree_goal, finish_step, plan_step, propose_goal, read_goal
from sozialraum_client.api.me import list_my_next_steps, read_me
from sozialraum_client.api.released_minutes import read_minutes_release
from sozialraum_client.api.teams import list_teams
from sozialraum_client.api.territory import look_up_social_space
from sozialraum_client.api.themes import collect_theme, plan_theme_step, raise_theme
from sozialraum_client.api.ways_into_a_case import enrol, issue_enrolment_code
from sozialraum_client.models import (
    AddDialogueParticipant,
    AddElement,
    AddParticipant,
    AgreementState,
    ApplyForElement,
    AssignProvider,
    CollectTheme,
    DecideElement,
    DialogueActorKind,
    DraftArrangement,
    DraftMinutes,
    ElementKind,
    Enrol,
    FigureLevel,
    FigureLine,
    FinishStep,
    HoldDialogue,
    ListBudgetAgreementsSort,
    NameWorker,
    OpenCase,
    Outcome,
    Override,
    Part,
    ParticipantKind,
    Place,
    PlanDialogue,
    PlanStep,
    PlanThemeStep,
    Problem,
    ProposeGoal,
    RaiseTheme,
    RecordProgress,
    ReleaseMinutes,
    StartSpaceDialogue,
    SupportKind,
    WordAnswer,
)

T = TypeVar("T")


def told(answer: T | Problem | None) -> T:
    assert answer is not None
    if isinstance(answer, Problem):
        raise AssertionError(f"{answer.code}: {answer.detail}")
    return answer


def refused(answer: object) -> str:
    assert isinstance(answer, Problem)
    code: str = answer.code
    return code


def tag(version: int) -> str:
    return f'"{version}"'


url, *tokens = sys.argv[1:]
# The generator types every client as one with a token where the contract says «a token or none»: this one sends none.
nobody = AuthenticatedClient(url, token="", prefix="", auth_header_name="x-no-login")
herself, worker, manager, staff, provider, software, controller = [AuthenticatedClient(url, each) for each in tokens]

# 1. Where somebody lives
located = told(look_up_social_space.sync(client=nobody, body=Place(longitude=11.617404, latitude=48.065859)))
space = located.items[0]
space_id = space.social_space_id
team = told(list_teams.sync(client=nobody, social_space_id=space_id)).items[0]

# 2. What she wants, in her words
case = told(open_case.sync(client=worker, body=OpenCase(title="Ruhe am Abend", social_space_id=space_id))).id
about = AddParticipant(kind=ParticipantKind.ADDRESSEE, name="Ria Beispielweg", born_on=date(1990, 5, 17))
person = told(add_participant.sync(case, client=worker, body=about)).id
code = told(issue_enrolment_code.sync(person, client=worker)).code
enrolled = told(enrol.sync(client=herself, body=Enrol(code=code)))
question = told(list_questions_of_case.sync(case, client=herself)).items[0].id
words = WordAnswer(words="Ich will wieder ruhig schlafen.")
answer = told(word_answer.sync(question, client=herself, body=words))

# 3. A goal and a step
aim = ProposeGoal(participant_id=person, statement="Ich schlafe durch.")
goal = told(propose_goal.sync(case, client=worker, body=aim))
stale = refused(agree_goal.sync(goal.id, client=herself, if_match=tag(999)))
agreed = told(agree_goal.sync(goal.id, client=herself, if_match=tag(goal.version)))
slots = PlanStep(
    wanted_by_id=person,
    done_by_id=person,
    with_whom="mit Oma",
    how="Um neun das Licht aus",
    due_on=date(2027, 10, 3),
    with_what="eine Eieruhr",
)
step = told(plan_step.sync(goal.id, client=herself, body=slots))

# 4. On her phone
following = told(list_my_next_steps.sync(client=herself)).items[0]
finished = told(finish_step.sync(following.id, client=herself, body=FinishStep(remark="Geschafft!")))

# 5. What is granted is bound
lichtung = told(read_me.sync(client=staff)).memberships.items[0].organisation_id
latest = ListBudgetAgreementsSort.FISCAL_YEAR_DESCENDING
agreements = list_budget_agreements.sync(client=controller, state=AgreementState.ACTIVE, sort=latest, limit=1)
year = told(agreements).items[0].fiscal_year


def committed() -> float:
    level, line = FigureLevel.SOCIAL_SPACE, FigureLine.CASE_SPECIFIC
    asked = list_budget_figures.sync(
        client=controller, level=level, line=line, fiscal_year=year, social_space_id=space_id
    )
    return float(told(asked).items[0].committed)


before = committed()
arrangement = told(draft_arrangement.sync(case, client=worker, body=DraftArrangement(title="Ruhige Nächte"))).id
wished = AddElement(
    participant_id=person,
    kind=ElementKind.SPECIALIST,
    what="Abends zu zweit",
    organisation_id=lichtung,
    support_kind=SupportKind.PARENTING_ASSISTANT,
    starts_on=date(year, 1, 1),
    ends_on=date(year, 6, 30),
    hours_per_week="2.00",
    cost="1200.00",
)
element = told(add_element.sync(arrangement, client=worker, body=wished))
claim = ApplyForElement(claim_holder_id=person)
applied = told(
    apply_for_element.sync(
        element.id, client=herself, body=claim, if_match=tag(element.version), idempotency_key=str(uuid4())
    )
)
granted = DecideElement(
    outcome=Outcome.GRANTED,
    amount="1200.00",
    legal_basis="§§ 27, 30 SGB VIII",
    wish_and_choice="Ihr Wunsch",
    override=Override.ADDRESSEE_WISH,
    override_because="Sie will nicht länger warten.",
)
decision = told(decide_element.sync(element.id, client=worker, body=granted, if_match=tag(applied.version)))
bound = committed() - before

# 6. The provider
task = AssignProvider(
    organisation_id=lichtung,
    task="Begleitung am Abend",
    parts=[Part.GOALS],
    purpose="Begleitung",
    legal_basis="§ 64 Abs. 2 SGB VIII",
)
assignment = told(assign_provider.sync(case, client=worker, body=task))
tomasz = NameWorker(actor_id=told(read_me.sync(client=provider)).id)
named = told(name_worker.sync(assignment.id, client=staff, body=tomasz, if_match=tag(assignment.version)))
transmitted = told(read_goal.sync(goal.id, client=provider))
hidden = refused(read_question.sync(question, client=provider))
progress = told(record_progress.sync(assignment.id, client=provider, body=RecordProgress(words="Es geht voran.")))
delivered = False
for _ in range(100):
    if delivered:
        break
    time.sleep(0.1)
    mailbox = told(list_deliveries.sync(client=software, assignment_id=assignment.id, limit=200))
    delivered = goal.id in [each.subject_id for each in mailbox.items]

# 7. The dialogue of the place
night = StartSpaceDialogue(social_space_id=space_id, title="Nachtgespräche")
series = told(start_space_dialogue.sync(client=manager, body=night)).id
evening = PlanDialogue(
    title="Ruhe",
    venue="Rathaus",
    starts_at=datetime.fromisoformat("2026-03-02T18:30:00+01:00"),
    ends_at=datetime.fromisoformat("2026-03-02T20:30:00+01:00"),
)
planned = told(plan_dialogue.sync(series, client=manager, body=evening))
invitee = AddDialogueParticipant(kind=DialogueActorKind.AGENCY)
agency = told(add_dialogue_participant.sync(planned.id, client=manager, body=invitee)).id
loud = RaiseTheme(title="Laute Nächte", concerns="An der Bahn schläft niemand.")
theme = told(raise_theme.sync(series, client=herself, body=loud))
brought = CollectTheme(dialogue_id=planned.id)
collected = told(collect_theme.sync(theme.id, client=manager, body=brought, if_match=tag(theme.version)))
errand = PlanThemeStep(what="Bei der Bahn fragen", owner_id=agency, due_on=date(2027, 5, 1))
told(plan_theme_step.sync(theme.id, client=manager, body=errand))
invited = told(invite_to_dialogue.sync(planned.id, client=manager, if_match=tag(planned.version)))
came = HoldDialogue(attended=[agency])
held = told(hold_dialogue.sync(planned.id, client=manager, body=came, if_match=tag(invited.version)))
noted = DraftMinutes(minutes="Es ging um die Nächte.")
drafted = told(draft_minutes.sync(planned.id, client=manager, body=noted, if_match=tag(held.version)))
chosen = ReleaseMinutes(themes=[theme.id])
released = told(release_minutes.sync(planned.id, client=manager, body=chosen, if_match=tag(drafted.version)))
minutes = told(read_minutes_release.sync(released.id, client=nobody))

# 8. The figures
level, line = FigureLevel.SOCIAL_SPACE, FigureLine.CROSS_CASE
figure = told(list_released_figures.sync(client=nobody, level=level, line=line, limit=1)).items[0]

print(
    json.dumps(
        {
            "1 place": [space.name, team.social_space_id == space_id],
            "2 words": [enrolled.basis, answer.words],
            "3 goal": [stale, agreed.state, step.how],
            "4 phone": [following.id == step.id, finished.state, finished.remark],
            "5 bound": [decision.outcome, decision.amount, bound],
            "6 provider": [named.in_force, transmitted.statement, hidden, progress.words, delivered],
            "7 dialogue": [collected.state, minutes.minutes, minutes.attendance["agency"]],
            "8 figures": figure.line,
        }
    )
)
