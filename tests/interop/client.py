# mypy: disable-error-code="import-not-found"
"""An addressee's first requests, with a generated client: `python client.py URL TOKEN`."""

import json
import sys

from sozialraum_client import AuthenticatedClient
from sozialraum_client.api.cases import list_cases
from sozialraum_client.api.goals_and_steps import finish_step
from sozialraum_client.api.me import list_my_next_steps, read_me
from sozialraum_client.models import FinishStep, Problem

url, token = sys.argv[1:]
with AuthenticatedClient(url, token) as client:
    me = read_me.sync(client=client)
    cases = list_cases.sync(client=client)
    steps = list_my_next_steps.sync(client=client)
    step = steps.items[0]
    done = finish_step.sync(step.id, client=client, body=FinishStep(remark="Geschafft!"))
    again = finish_step.sync(step.id, client=client, body=FinishStep(remark="Noch einmal"))
    assert isinstance(again, Problem)
    print(
        json.dumps(
            {
                "mine": [access.basis.value for access in me.cases.items],
                "cases": len(cases.items),
                "ticked": done.state.value,
                "again": again.code,
            }
        )
    )
