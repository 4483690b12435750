"""`sozialraum admin`: how the first people get in."""

import json
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

import typer

from service.domain.access.model import AuthorityKind
from service.domain.values import new_id

if TYPE_CHECKING:
    from service.demo.loading import Owner

COMMAND_LINE = "command line"

admin = typer.Typer(
    help="Appoint the first administrators of an authority.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


class Refused(Exception):
    """Why nobody was appointed."""


@dataclass(frozen=True)
class Appointment:
    authority_key: str
    authority_name: str | None
    authority_kind: AuthorityKind | None
    name: str
    login: str


@admin.callback()
def _several() -> None:
    """Appoint the first administrators of an authority."""


@admin.command("create")
def create(
    authority_key: Annotated[str, typer.Option(help="Short, stable name of the county or city.")],
    name: Annotated[str, typer.Option(help="The administrator's name.")],
    issuer: Annotated[str, typer.Option(help="The `name` of the issuer in SOZIALRAUM_ISSUERS, not its address.")],
    subject: Annotated[str, typer.Option(help="Who that issuer says they are: its `sub`.")],
    authority_name: Annotated[str | None, typer.Option(help="Of a new authority.")] = None,
    authority_kind: Annotated[AuthorityKind | None, typer.Option(help="Of a new authority.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Say the outcome as one JSON object.")] = False,
) -> None:
    """Appoint an administrator, with a login that your identity provider knows. Appoint two: what one proposes, the
    other approves.

    An authority that is not there yet is created, given its name and kind. Nobody on the service's own faces can do
    this; it takes DATABASE_OWNER_URL, or the embedded PostgreSQL. The record names the command line as approver."""
    from service.cli.seed import writable
    from service.settings import settings

    appointment = Appointment(
        *(_filled("--authority-key", authority_key), authority_name, authority_kind, _filled("--name", name)),
        login=f"{_filled('--issuer', issuer)}:{_filled('--subject', subject)}",
    )
    try:
        with writable() as addresses:
            address = addresses.owner
            assert address
            made = appoint(address, appointment)
    except Refused as refusal:
        typer.echo(str(refusal), err=True)
        raise typer.Exit(1) from None
    if issuer not in {accepted.name for accepted in settings().accepted_issuers} | {"development"}:
        typer.echo(f"Mind: no issuer named {issuer} is configured here (SOZIALRAUM_ISSUERS).", err=True)
    if as_json:
        typer.echo(json.dumps({key: str(value) for key, value in made.items()}, ensure_ascii=False))
    else:
        typer.echo(f"{name} is an administrator of {authority_key} and signs in as {appointment.login}.")


def appoint(address: str, appointment: Appointment) -> dict[str, UUID]:
    """In one transaction, and on record."""
    import psycopg

    from service.demo.loading import load, unforced
    from service.domain.access.model import AccessGrant, Actor, Login
    from service.domain.audit import AuditEntry
    from service.domain.policy import Role
    from service.storage.address import conninfo

    tables = ("access_grant", "actor", "audit_entry", "authority", "login", "territory_level")
    with psycopg.connect(conninfo(address)) as connection, unforced(connection, *tables):
        taken = "SELECT 1 FROM login WHERE key = %s AND valid_to IS NULL"
        if _first(connection, taken, appointment.login):
            raise Refused(f"The login {appointment.login} belongs to somebody already; nothing was changed.")
        authority_id = _authority(connection, appointment)
        command_line = _command_line(connection, authority_id)
        actor = Actor(id=new_id(), authority_id=authority_id, name=appointment.name, kind="person")
        login = Login(id=new_id(), authority_id=authority_id, actor_id=actor.id, key=appointment.login)
        now = _first(connection, "SELECT now()")
        grant = AccessGrant(
            id=new_id(),
            authority_id=authority_id,
            actor_id=actor.id,
            role=Role.ADMINISTRATOR.value,
            approved_by=command_line,
            approved_at=now,
            valid_from=now,
        )
        entry = AuditEntry(
            authority_id=authority_id,
            actor_id=command_line,
            action="administrator.create",
            outcome="done",
            trace_id=secrets.token_hex(16),
        )
        load(connection, [actor, login, grant, entry])
    return {"authority_id": authority_id, "actor_id": actor.id, "login_id": login.id, "grant_id": grant.id}


def _authority(connection: "Owner", wanted: Appointment) -> UUID:
    from service.demo.loading import load
    from service.domain.access.model import Authority
    from service.domain.spaces.levels import usual_levels

    found: UUID | None = _first(connection, "SELECT id FROM authority WHERE key = %s", wanted.authority_key)
    if found is not None:
        return found
    if not wanted.authority_name or wanted.authority_kind is None:
        raise Refused(
            f"There is no authority {wanted.authority_key}. To create it, add --authority-name and --authority-kind."
        )
    made = Authority(
        id=new_id(), key=wanted.authority_key, name=wanted.authority_name, kind=wanted.authority_kind.value
    )
    load(connection, [made, *usual_levels(made.id, wanted.authority_kind)])
    return made.id


def _command_line(connection: "Owner", authority_id: UUID) -> UUID:
    """The technical actor in whose name this command approves; there is one in each authority that needed it."""
    from service.demo.loading import load
    from service.domain.access.model import Actor, ActorKind

    query = "SELECT id FROM actor WHERE authority_id = %s AND kind = 'client' AND name = %s"
    found: UUID | None = _first(connection, query, authority_id, COMMAND_LINE)
    if found is not None:
        return found
    made = Actor(id=new_id(), authority_id=authority_id, kind=ActorKind.CLIENT.value, name=COMMAND_LINE)
    load(connection, [made])
    return made.id


def _first(connection: "Owner", query: str, *parameters: object) -> Any:
    row = connection.execute(query.encode(), parameters).fetchone()
    return row[0] if row else None


def _filled(option: str, text: str) -> str:
    found = text.strip()
    if not found or not found.isprintable():
        raise typer.BadParameter("say something that can be printed", param_hint=option)
    return found
