"""The one settings object. Nothing else reads the environment.

Every setting is an environment variable with the prefix `SOZIALRAUM_`; the two database addresses also go by the
names every operator knows, `DATABASE_URL` and `DATABASE_OWNER_URL`."""

import json
import re
from functools import cache
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Self
from urllib.parse import urlsplit

from pydantic import AliasChoices, AwareDatetime, BaseModel, Field, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

PREFIX = "SOZIALRAUM_"
EXAMPLE_OF_ISSUERS = '[{"name": "keycloak", "url": "https://id.example.org/realms/county"}]'
LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
KEYS_OF_DEVELOPMENT = "development-issuer.json"
SEAL_KEY_OF_DEVELOPMENT = "seal-key.pem"
DATA_KEYS_OF_DEVELOPMENT = "data-keys.txt"
ORIGIN = r"https?://([a-z0-9_.-]+|\[[0-9a-f:.]+\])(:[0-9]{1,5})?"
HEADS = "audit-heads.jsonl"
LARGEST_MESSAGE = 65_536  # bytes, of a WebSocket
UVICORN = (  # how it serves, whatever the settings
    *("--factory", "--lifespan", "on", "--log-level", "warning"),  # a server whose start failed must not answer
    *("--no-access-log", "--no-server-header", "--no-proxy-headers"),
    *("--http", "service.api.connections:Connection", "--ws", "service.api.connections:Socket"),
    *("--ws-max-size", str(LARGEST_MESSAGE)),
)


def is_loopback(url: str) -> bool:
    return (urlsplit(url).hostname or "") in LOOPBACK


def beside(port: int) -> int:
    """A port for /metrics, so that two servers on one machine have one each."""
    return port + 1464 if port + 1464 <= 65535 else port - 1464


class Issuer(BaseModel):
    """An identity provider whose access tokens are accepted (RFC 9068). The database knows it by `name`, so that its
    address may change without anybody losing their login."""

    name: str = Field(pattern=r"^[a-z][a-z0-9-]{0,39}$", description="Short, stable name; part of every login.")
    url: str = Field(description="The exact `iss` claim; https, or http on loopback only.")
    jwks_url: str | None = Field(None, description="Where the keys are; found by discovery (OIDC) where left out.")
    audience: str = Field("sozialraum", description="Must be in the token's `aud`.")
    algorithms: tuple[str, ...] = Field(("ES256", "RS256"), description="The only signature algorithms accepted.")
    token_types: tuple[str, ...] = Field(("at+jwt",), description="Accepted `typ` headers (RFC 9068, 4).")
    subject_claim: str = Field("sub", description="Dotted path of the claim that says who.")
    client_claim: str = Field("client_id", description="Dotted path of the claim that says through which client.")
    assurance_claim: str = Field("acr", description="Dotted path of the claim with the assurance level.")
    assurance_levels: dict[str, str] = Field(
        default_factory=lambda: {"low": "low", "substantial": "substantial", "high": "high"},
        description="The issuer's words for the levels low, substantial and high (eIDAS, art. 8).",
    )

    @field_validator("url", "jwks_url")
    @classmethod
    def _protected(cls, url: str | None) -> str | None:
        if url is not None and urlsplit(url).scheme != "https" and not (url.startswith("http://") and is_loopback(url)):
            raise ValueError("use https, or http on loopback only")
        return url


class Settings(BaseSettings):
    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, extra="ignore", populate_by_name=True)

    database_url: SecretStr | None = Field(
        None,
        validation_alias=AliasChoices("DATABASE_URL", "SOZIALRAUM_DATABASE_URL"),
        description="The application's login, in any form libpq knows. Left out: the embedded PostgreSQL.",
    )
    pooled: bool = Field(False, description="Whether DATABASE_URL is that of a pooler that works by transaction.")
    database_listen_url: SecretStr | None = Field(
        None,
        validation_alias=AliasChoices("DATABASE_LISTEN_URL", "SOZIALRAUM_DATABASE_LISTEN_URL"),
        description="The same login, straight to PostgreSQL: for the worker, for commands, and to hear of changes. "
        "Needed behind a pooler only; without it there, `poll` says how soon changes show.",
    )
    database_owner_url: SecretStr | None = Field(
        None,
        validation_alias=AliasChoices("DATABASE_OWNER_URL", "SOZIALRAUM_DATABASE_OWNER_URL"),
        description="The login that owns the tables and migrates. The server does not need it.",
    )
    database_backup_url: SecretStr | None = Field(
        None,
        validation_alias=AliasChoices("DATABASE_BACKUP_URL", "SOZIALRAUM_DATABASE_BACKUP_URL"),
        description="A login that row-level security does not hold for (a superuser); `backup` and `restore` need it.",
    )
    home: Path = Field(Path(".sozialraum"), description="Folder of this installation: embedded database, keys.")

    host: str = "127.0.0.1"
    port: int = Field(8000, ge=1, le=65535)
    workers: int = Field(1, ge=1, le=64)
    metrics_port: int | None = Field(
        default_factory=lambda given: beside(given["port"]),
        description="Where /metrics answers, on its own port: 9464, or as far from `port` as that is from 8000; empty: "
        "nowhere.",
    )
    public_url: str | None = Field(None, description="How the outside reaches the service, for links.")
    cors_origins: Annotated[tuple[str, ...], NoDecode] = Field(
        (), description="Web origins allowed to call, by comma: https://portal.example,https://map.example:8443"
    )

    development: bool = Field(False, description="Development issuer, demo county, introspection for everybody.")
    issuers: Annotated[tuple[Issuer, ...], NoDecode] = Field((), description="Identity providers, as a JSON list.")
    leeway: int = Field(30, ge=0, le=300, description="Seconds that clocks may differ when a token is checked.")
    keys_kept: int = Field(
        3600, ge=0, description="Seconds that keys may be used on while their issuer is down, and five minutes."
    )
    clock: AwareDatetime | None = Field(None, description="What time it is. Development and tests only.")

    read_only: bool = Field(False, description="Whether nothing may be changed for now (503); reading goes on.")
    worker: bool = Field(True, description="Whether `sozialraum run` also starts the worker.")
    seal_key: Path | None = Field(
        None,
        description="Ed25519 keys (PEM) of the worker: the first private one signs sealed audit blocks, older public "
        "ones may stay below it. In development made in `home`.",
    )
    seal_heads: Path | None = Field(
        None,
        description="File to which the worker appends every signed head; best where the database's administrators "
        "cannot write. Left out: audit-heads.jsonl in `home`.",
    )
    data_keys: Path | None = Field(
        None,
        description="File of the keys by which texts are encrypted at rest, one a line in base64: the first one "
        "encrypts, the others still open. In development made in `home`.",
    )

    read_connections: int = Field(8, ge=1, le=200)
    write_connections: int = Field(8, ge=1, le=200)
    wait_for_connection: float = Field(5, gt=0, description="Seconds to wait for a free connection, then 503.")
    statement_timeout: int = Field(10, ge=1, description="Seconds one statement may take.")
    statement_cache: int = Field(64, ge=0, description="Plans kept per connection.")
    poll: float = Field(3, gt=0, le=60, description="Seconds between two looks for changes while nobody listens.")
    keep_alive: float = Field(15, gt=0, le=60, description="Seconds after which a silent stream of changes says so.")
    connections: int = Field(
        2_000, ge=10, description="Connections one process holds at once, as far as the system lets it; then 503."
    )
    connections_of_one: int | None = Field(
        None, ge=1, description="Of these, from one address; left out: half of them. Then 429."
    )
    proxies: Annotated[tuple[str, ...], NoDecode] = Field(
        (),
        description="Addresses and networks of proxies, by comma: whom they name in X-Forwarded-For is believed, and "
        "counted in their place. Of one that is not named, all its clients count as one address.",
    )
    streams: int = Field(500, ge=1, description="Streams of changes one process serves at once; then 429.")
    streams_of_one: int = Field(8, ge=1, description="Of these, by one login.")
    largest_body: int = Field(262_144, ge=1024, description="Bytes of the largest request body.")
    largest_upload: int = Field(536_870_912, ge=1024, description="Bytes of the largest file to import.")
    keep_files: int = Field(
        30, ge=1, description="Days that rows of an import and files of an export are kept once they have served."
    )
    anonymous_introspection: bool = Field(False, description="Whether GraphQL tells its schema without login.")
    log_level: str = "INFO"

    @field_validator("cors_origins", "proxies", mode="before")
    @classmethod
    def _by_comma(cls, value: object) -> object:
        return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value

    @field_validator("cors_origins")
    @classmethod
    def _origins(cls, origins: tuple[str, ...]) -> tuple[str, ...]:
        """As browsers send them (RFC 6454, 6.1): of any other form, none would ever match."""
        if not all(each == "*" or re.fullmatch(ORIGIN, each) for each in origins):
            raise ValueError(
                "each is a scheme and a host in small letters, with a port if it is not the usual one, and nothing "
                "behind it, not even a slash; several by comma: https://portal.example,https://map.example:8443"
            )
        return origins

    @field_validator("issuers", mode="before")
    @classmethod
    def _from_json(cls, value: object) -> object:
        try:
            given = json.loads(value or "[]") if isinstance(value, str) else value
        except ValueError:
            raise ValueError(f"is no JSON; such as {EXAMPLE_OF_ISSUERS}") from None
        if not isinstance(given, list | tuple):
            raise ValueError(f"is no list; such as {EXAMPLE_OF_ISSUERS}")
        return given

    @field_validator("proxies")
    @classmethod
    def _addresses(cls, proxies: tuple[str, ...]) -> tuple[str, ...]:
        for each in proxies:
            ip_network(each)
        return proxies

    @field_validator(
        *(
            "database_url",
            "database_listen_url",
            "database_owner_url",
            "database_backup_url",
            "metrics_port",
            "connections_of_one",
            "public_url",
            "clock",
            "seal_key",
            "seal_heads",
            "data_keys",
        ),
        mode="before",
    )
    @classmethod
    def _empty_is_none(cls, value: object) -> object:
        return None if value == "" else value

    @model_validator(mode="after")
    def _development_only(self) -> Self:
        if self.clock is not None and not self.development:
            raise ValueError("SOZIALRAUM_CLOCK may be set in development only")
        if self.development and self.host not in LOOPBACK:
            raise ValueError("the development issuer answers on loopback only: leave SOZIALRAUM_HOST alone")
        if len({issuer.name for issuer in self.issuers}) < len(self.issuers):
            raise ValueError("two issuers share a name")
        return self

    @property
    def embedded(self) -> bool:
        return self.database_url is None

    @property
    def listen_address(self) -> str | None:
        given = self.database_listen_url or (None if self.pooled else self.database_url)
        return given.get_secret_value() if given else None

    @property
    def seal_key_of_development(self) -> Path:
        return self.home / SEAL_KEY_OF_DEVELOPMENT

    @property
    def data_keys_of_development(self) -> Path:
        return self.home / DATA_KEYS_OF_DEVELOPMENT

    @property
    def heads_file(self) -> Path:
        return self.seal_heads or self.home / HEADS

    @property
    def development_issuer(self) -> Issuer:
        """The issuer that `sozialraum run` brings along in development; its key lies in `home`."""
        url = f"http://{self.host}:{self.port}/dev"
        return Issuer(name="development", url=url, jwks_url=f"{url}/jwks.json")

    @property
    def accepted_issuers(self) -> tuple[Issuer, ...]:
        return (*self.issuers, self.development_issuer) if self.development else self.issuers


def known_variables() -> frozenset[str]:
    """Those of the environment that begin with the prefix and set something."""
    return frozenset(f"{PREFIX}{name}".upper() for name in Settings.model_fields)


@cache
def settings() -> Settings:
    return Settings()
