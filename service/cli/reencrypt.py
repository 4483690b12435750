import typer


def reencrypt() -> None:
    """Put whatever an older one of SOZIALRAUM_DATA_KEYS has encrypted into envelopes of the first, while everybody goes
    on working; then the older ones may go. Digests by which people are found again are made anew.

    As DATABASE_BACKUP_URL; without any address, on the embedded PostgreSQL."""
    import psycopg

    import service.domain.tables  # noqa: F401 (declares them)
    from service.cli.backup import NO_LOGIN
    from service.cli.database import database
    from service.domain.cases.known import digest_persons
    from service.domain.encrypting import encrypted_columns
    from service.keys import data_keys
    from service.settings import settings
    from service.storage.address import conninfo
    from service.storage.reencrypting import reencrypt as renew

    keys = data_keys(settings())
    with database() as addresses:
        if addresses.backup is None:
            typer.echo(NO_LOGIN, err=True)
            raise typer.Exit(2)
        with psycopg.connect(conninfo(addresses.backup), autocommit=True) as connection:
            changed = renew(connection, keys, encrypted_columns())
            persons = digest_persons(connection, keys)
    typer.echo(f"{changed} rows put under the key {keys.first}, {persons} digests made anew.")
    if changed or persons:
        typer.echo("Run it again once every server has been restarted with that key.")
    else:
        typer.echo("No other key is needed any more.")
