"""Who goes through the eight steps with a generated client, and what such a client has to say at the end."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

ROLES = (
    "case_worker",
    "social_space_manager",
    "provider_manager",
    "provider_worker",
    "integration_client",
    "controller",
)
TOLD: dict[str, Any] = {
    "1 place": ["Unterhaching", True],
    "2 words": ["self", "Ich will wieder ruhig schlafen."],
    "3 goal": ["version-stale", "agreed", "Um neun das Licht aus"],
    "4 phone": [True, "done", "Geschafft!"],
    "5 bound": ["granted", "1200.00", 1200],
    "6 provider": [True, "Ich schlafe durch.", "not-found", "Es geht voran.", True],
    "7 dialogue": ["collected", "Es ging um die Nächte.", 1],
    "8 figures": "cross_case",
}


def tokens(token_of: Callable[..., str]) -> list[str]:
    """Hers, whom nobody knows yet, and those of everybody whom she meets."""
    return [token_of(each) for each in (f"new-{uuid4()}", *ROLES)]
