import json
from typing import Annotated, Any

import typer

WELL = "All is well: the settings are valid and the database fits."
AsJson = Annotated[bool, typer.Option("--json", help="Say the findings as one JSON object.")]

check = typer.Typer(
    help="Say whether the configuration and the database are fit to run; the exit code is 1 when they are not.",
    add_completion=False,
    pretty_exceptions_enable=False,
)


@check.callback(invoke_without_command=True)
def fitness(context: typer.Context, as_json: AsJson = False) -> None:
    """Say whether the configuration and the database are fit to run; the exit code is 1 when they are not.

    Of what is in the database, each command below checks one thing."""
    if context.invoked_subcommand is not None:
        return
    from service.cli.database import database, unfit
    from service.cli.doubts import doubts, not_to_start, of_no_use
    from service.keys import KEYS_OF_BEFORE, holds_encrypted
    from service.settings import settings

    given = settings()
    doubtful = [*doubts(given), *not_to_start(given)]
    with database() as addresses:
        if addresses.application is None:
            findings = ["DATABASE_URL is not set, only DATABASE_OWNER_URL is: the server would have no login."]
        else:
            findings = [*unfit(given, addresses.application), *of_no_use(given)]
            keys = given.data_keys or given.data_keys_of_development
            if not findings and not keys.exists() and holds_encrypted(addresses.application):
                findings = [KEYS_OF_BEFORE.format(keys)]
    well = "The settings are valid and the database fits." if doubtful else WELL
    said = "\n".join([*(findings or [well]), *doubtful])
    _tell(not findings, said, {"fit": not findings, "findings": findings, "doubts": doubtful} if as_json else None)


@check.command()
def audit(as_json: AsJson = False) -> None:
    """Say whether the audit record is what was sealed, and which block is the first that is not.

    Works every block out anew and compares it with its signature (SOZIALRAUM_SEAL_KEY; the public key is enough), with
    the block before it, and with the exported heads (SOZIALRAUM_SEAL_HEADS)."""
    from dataclasses import asdict

    from service.cli.database import database
    from service.domain.sealing.keys import Keys, SealKeyError
    from service.domain.sealing.verifying import verify
    from service.settings import settings

    given = settings()
    file = given.seal_key or given.seal_key_of_development
    if given.seal_key is None and not file.exists():
        raise SealKeyError(
            f"The key {file} cannot be read: it is not there. Set SOZIALRAUM_SEAL_KEY to the worker's key, or to the "
            "public half of it."
        )
    keys = Keys(file)
    with database() as addresses:
        if addresses.application is None:
            typer.echo("Set DATABASE_URL: only the application's login may have the blocks worked out.", err=True)
            raise typer.Exit(2)
        verdict = verify(addresses.application, keys, given.heads_file)
    head = f"head {verdict.head.digest} of {verdict.head.sealed_at}" if verdict.head else "no head yet"
    whole = f"{verdict.blocks} blocks, {verdict.entries} rows, {head}, {verdict.exported} exported heads compared"
    said = f"{whole}, all whole." if verdict.broken is None else f"{verdict.broken}\nWhole before it: {whole}."
    _tell(verdict.broken is None, said, {"whole": verdict.broken is None, **asdict(verdict)} if as_json else None)


@check.command()
def ledger(as_json: AsJson = False) -> None:
    """Say whether the ledger is sound, and which difference is the first where it is not.

    Adds up all postings anew and compares them with balances, days, commitments, bookings and allocations."""
    from dataclasses import asdict

    from service.cli.database import database
    from service.domain.budgets.proving import prove

    with database() as addresses:
        if addresses.application is None:
            typer.echo("Set DATABASE_URL: the ledger is read with the application's login.", err=True)
            raise typer.Exit(2)
        proof = prove(addresses.application)
    sound = proof.difference is None
    said = f"{proof.accounts} accounts, {proof.postings} postings, all sound." if sound else str(proof.difference)
    _tell(sound, said, {"sound": sound, **asdict(proof)} if as_json else None)


@check.command()
def issuers(as_json: AsJson = False) -> None:
    """Say of every identity provider whether its keys can be fetched from here, and how many of them can be used.

    Asks each of SOZIALRAUM_ISSUERS now, as the server does; what a server that runs has kept is another matter."""
    import asyncio

    from service.api.identity import ask_all
    from service.cli.doubts import without_issuer
    from service.settings import settings

    given = settings()
    answers = asyncio.run(ask_all(given.issuers))
    said = [answer.told for answer in answers] or list(without_issuer(given))
    well = bool(answers) and all(answer.keys for answer in answers)
    told = {"well": well, "issuers": [answer._asdict() for answer in answers]}
    _tell(well, "\n".join(said), told if as_json else None)


@check.command()
def encrypted(as_json: AsJson = False) -> None:
    """Say whether every encrypted text opens with the keys that are here (SOZIALRAUM_DATA_KEYS), and every family is
    found by the first of them. Shows none.

    As DATABASE_BACKUP_URL: row-level security hides them from everybody else."""
    import psycopg

    import service.domain.tables  # noqa: F401 (declares them)
    from service.cli.backup import NO_LOGIN
    from service.cli.database import database
    from service.domain.cases.known import digests_due
    from service.domain.encrypting import encrypted_columns
    from service.keys import data_keys
    from service.settings import settings
    from service.storage.address import conninfo
    from service.storage.reencrypting import proved

    keys = data_keys(settings())
    with database() as addresses:
        if addresses.backup is None:
            typer.echo(NO_LOGIN, err=True)
            raise typer.Exit(2)
        with psycopg.connect(conninfo(addresses.backup)) as connection:
            texts, trouble = proved(connection, keys, encrypted_columns())
            due = digests_due(connection, keys)
    if trouble is None and due:
        trouble = f"{due} people have no digest by the key {keys.first}: run `sozialraum reencrypt`."
    _tell(
        trouble is None,
        trouble or f"{texts} texts, all open; every family is found.",
        {"texts": texts, "digests_due": due, "trouble": trouble} if as_json else None,
    )


def _tell(well: bool, said: str, as_json: dict[str, Any] | None) -> None:
    typer.echo(said if as_json is None else json.dumps(as_json, ensure_ascii=False, default=str))
    if not well:
        raise typer.Exit(1)
