"""A database address in any form libpq knows, for both drivers.

libpq itself reads it, so that a URI and `key=value` mean what they mean to psql. asyncpg is handed only what it knows:
anything else it would send to the server as a setting, which refuses the connection."""

import re
import ssl
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, unquote, urlencode

_IN_THE_ADDRESS = {  # known to asyncpg, but not as an argument
    *("dbname", "user", "password", "passfile", "service", "target_session_attrs", "krbsrvname", "gsslib"),
    *("sslmode", "sslcert", "sslkey", "sslpassword", "sslrootcert", "sslcrl", "sslnegotiation"),
    *("ssl_min_protocol_version", "ssl_max_protocol_version"),
}
_SERVER_SETTINGS = ("application_name", "options")
# What asks for protection that asyncpg does not have; to leave it out would be to weaken the connection silently.
_PROTECTION = {
    "channel_binding": {"disable", "prefer"},
    "gssencmode": {"disable", "prefer"},
    "requirepeer": set[str](),
    "require_auth": set[str](),
    "sslcertmode": {"allow", "disable"},
    "sslcrldir": set[str](),
}


class AddressError(ValueError):
    """Why an address cannot be used; never repeats the address, which may hold a password."""


def conninfo(address: str) -> str:
    """For psycopg."""
    from psycopg.conninfo import make_conninfo

    return make_conninfo(**_read(address))


def asyncpg_arguments(address: str) -> dict[str, Any]:
    """For `asyncpg.connect(**...)` and `asyncpg.create_pool(**...)`."""
    given = _read(address)
    for name, harmless in _PROTECTION.items():
        if given.get(name) and given[name] not in harmless:
            raise AddressError(f"The database address asks for {name}={given[name]}, which asyncpg cannot do.")
    settings = {name: given[name] for name in _SERVER_SETTINGS if name in given}
    settings.setdefault("application_name", given.get("fallback_application_name", "sozialraum"))
    arguments: dict[str, Any] = {"server_settings": settings}
    if hosts := given.get("host") or given.get("hostaddr"):
        arguments["host"] = hosts.split(",")
    if ports := [int(port) for port in given.get("port", "").split(",") if port]:
        arguments["port"] = ports if len(ports) > 1 else ports[0]
    if (seconds := int(given.get("connect_timeout", 0))) > 0:
        arguments["timeout"] = seconds
    named = {name: value for name, value in given.items() if name in _IN_THE_ADDRESS}
    if named.get("sslrootcert") == "system":
        arguments["ssl"] = _trusting_the_system(named)
        named = {name: value for name, value in named.items() if not name.startswith("ssl")}
    arguments["dsn"] = f"postgresql://?{urlencode(named, quote_via=quote)}" if named else "postgresql://"
    return arguments


def _trusting_the_system(given: Mapping[str, str]) -> ssl.SSLContext:
    """The operating system's certificates; with them libpq always verifies fully, whatever `sslmode` says."""
    context = ssl.create_default_context()
    if certificate := given.get("sslcert"):
        context.load_cert_chain(certificate, given.get("sslkey"), given.get("sslpassword", ""))
    return context


_SIMPLE = re.compile(  # a URI with at most one host, whose parameters are among the commonest
    r"postgres(?:ql)?://(?:(?P<user>[^:@/?#,]+)(?::(?P<password>[^:@/?#,]*))?@)?"
    r"(?P<host>[^:@/?#,\[\]]*)(?::(?P<port>\d+))?/(?P<dbname>[^/?#]*)"
    r"(?:\?(?P<more>(?:host|port|application_name|sslmode|connect_timeout)=[^&=#]*"
    r"(?:&(?:host|port|application_name|sslmode|connect_timeout)=[^&=#]*)*))?"
)


def _read(address: str) -> Mapping[str, str]:
    without_driver = re.sub(r"^(postgres(?:ql)?)\+\w+://", r"\1://", address.strip())  # SQLAlchemy's habit
    if simple := _SIMPLE.fullmatch(without_driver):  # the server then does without psycopg and its nine megabytes
        parts = simple.groupdict()
        given = {name: value for name, value in parts.items() if name != "more" and value}
        given |= dict(pair.split("=", 1) for pair in (parts["more"] or "").split("&") if pair)
        return {name: unquote(value, errors="strict") for name, value in given.items()}
    return _read_by_libpq(without_driver)


def _read_by_libpq(address: str) -> Mapping[str, str]:
    import psycopg
    from psycopg.conninfo import conninfo_to_dict

    try:
        return {name: str(value) for name, value in conninfo_to_dict(address).items() if value is not None}
    except psycopg.ProgrammingError:  # whose message may quote the password
        raise AddressError(
            "The database address is in no form libpq knows; "
            "write postgresql://user@host/database or host=... dbname=... user=..."
        ) from None
