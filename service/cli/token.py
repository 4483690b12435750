"""`sozialraum token`: an access token of the development issuer, to try things out with."""

import json
from typing import Annotated, Any

import typer
from jose import jwt

from service.api import development_issuer
from service.settings import KEYS_OF_DEVELOPMENT, settings


def token(
    as_: Annotated[str | None, typer.Option("--as", help="A role of the demo county, for example case_worker.")] = None,
    subject: Annotated[str | None, typer.Option(help="Any subject, instead of a role.")] = None,
    assurance: Annotated[str, typer.Option(help="low, substantial or high.")] = "substantial",
    as_json: Annotated[bool, typer.Option("--json", help="Print token and expires_at as JSON.")] = False,
    development: Annotated[bool, typer.Option("--development", help="Make a key if there is none yet.")] = False,
) -> None:
    """Print an access token for a demo role or subject. For development only."""
    if (as_ is None) == (subject is None):
        raise typer.BadParameter("say for whom: either --as ROLE or --subject SUBJECT")
    chosen = settings()
    if development:
        chosen = chosen.model_copy(update={"development": True})
    try:
        # The address comes from the server that ran last, which may have been given another port than we were.
        url = development_issuer.announced_url(chosen)
    except development_issuer.NoDevelopmentIssuer:
        typer.echo(
            f"This installation has no development issuer: there is no {chosen.home / KEYS_OF_DEVELOPMENT}.\n"
            "Start the service in development first (make run), call this from the same folder or with the same "
            "SOZIALRAUM_HOME, or add --development to make a key now.",
            err=True,
        )
        raise typer.Exit(1) from None
    who = subject if subject is not None else _demo_subject(str(as_))
    made = development_issuer.token(chosen, who, assurance=assurance, iss=url)
    if as_json:
        claims: dict[str, Any] = jwt.get_unverified_claims(made)
        typer.echo(json.dumps({"token": made, "expires_at": claims["exp"]}))
    else:
        typer.echo(made)


def _demo_subject(role: str) -> str:
    from service.demo import PEOPLE  # the demo county is large, and only needed here

    if role not in PEOPLE:
        raise typer.BadParameter(f"there is no {role!r}; choose from {', '.join(PEOPLE)}", param_hint="--as")
    return f"demo-{role}"
