"""The sections of the file but the helpdesk's, each key with its default."""

from datetime import timedelta
from ipaddress import ip_network
from typing import Annotated, Literal

from pydantic import Field, ValidationInfo, field_validator

from ingestd.config.addresses import (
    Address,
    AuthservId,
    Endpoint,
    Hop,
    Hostname,
    Listen,
    Passed,
    Pattern,
    Relay,
    Tcp,
    is_loopback,
)
from ingestd.config.rules import Listed, Whose
from ingestd.config.section import Section
from ingestd.config.values import Duration, DurationOrNone, Pairs, Several, Size, SizeOrNone, Whole

MOST = 1_000
Fate = Literal["ticket", "note", "discard", "hold"]
Treatment = Literal["hold", "discard", "mark", "ticket"]


class Smtp(Section):
    """The door to the street."""

    listen: Annotated[tuple[Listen, ...], Several] = (Tcp("127.0.0.1", 8025),)
    hostname: Hostname = "localhost"
    max_size: Size = 25 * 2**20
    stop_timeout: Duration = timedelta(seconds=30)
    relays: Annotated[tuple[Relay, ...], Several] = (ip_network("127.0.0.0/8"), ip_network("::1/128"))
    trusted_hosts: Annotated[tuple[Hop, ...], Several] = ()
    authserv_id: Annotated[tuple[AuthservId, ...], Several] = ()
    tls_certificate: str = ""
    tls_key: str = ""
    max_connections: Whole = Field(default=1000, ge=1)
    max_connections_per_peer: Whole = Field(default=500, ge=1)
    max_recipients: Whole = Field(default=100, ge=1)
    max_errors: Whole = Field(default=20, ge=1)
    max_commands: Whole = Field(default=1000, ge=10)
    max_session: Duration = timedelta(hours=1)
    timeout: Duration = timedelta(minutes=5)
    min_rate: Size = 500
    max_in_flight: Size = 64 * 2**20

    @field_validator("listen")
    @classmethod
    def _somewhere(cls, value: tuple[Tcp | Passed, ...]) -> tuple[Tcp | Passed, ...]:
        if not value:
            raise ValueError("is empty; write at least one address")
        return value


class Spool(Section):
    """Where accepted mail is kept."""

    url: str = "sqlite:///ingestd.db"
    retention: Duration = timedelta(days=30)
    min_free: SizeOrNone = 200 * 2**20
    max_waiting: Whole = Field(default=100_000, ge=0)
    max_age: DurationOrNone = timedelta(0)

    @field_validator("url")
    @classmethod
    def _file(cls, value: str) -> str:
        scheme, _, rest = value.partition("://")
        if scheme.partition("+")[0] in {"postgresql", "mysql", "mariadb"}:
            raise ValueError('this kind of spool is not built yet; use "sqlite:///ingestd.db"')
        if scheme != "sqlite" or not rest.strip("/") or not rest.startswith("/") or set(rest) & set("?#"):
            raise ValueError('is no spool; write "sqlite:///FILE", relative to this file, or "sqlite:////FOLDER/FILE"')
        return value


class Retry(Section):
    """How patience grows."""

    first: Duration = timedelta(seconds=30)
    longest: Duration = timedelta(hours=1)
    lifetime: Duration = timedelta(days=5)

    @field_validator("longest", "lifetime")
    @classmethod
    def _in_order(cls, value: timedelta, info: ValidationInfo) -> timedelta:
        below = "longest" if info.field_name == "lifetime" else "first"
        if below in info.data and value < info.data[below]:
            raise ValueError(f"must not be shorter than retry.{below}; the order is first, longest, lifetime")
        return value


class Route(Section):
    """Which mail goes to which department, and how."""

    recipient: Pattern
    department: Whole = Field(ge=1)
    priority: Literal["Low", "Medium", "High"] = "Medium"
    hold: bool = False
    custom_fields: Pairs = ()
    bounces: Fate = "discard"
    auto_replies: Fate = "discard"
    auto_generated: Fate = "ticket"
    lists: Fate = "ticket"
    clients_only: bool = False
    replies_only: bool = False


class Identify(Section):
    """Who wrote."""

    staff: Annotated[tuple[Pattern, ...], Several] = ()
    reply_to: Annotated[tuple[Pattern, ...], Several] = ()
    unverified: Literal["guest", "client"] = "guest"
    nobody: Address = "nobody@example.com"


class Policy(Section):
    """What is done where there is a choice."""

    strangers: Literal["ticket", "note"] = "ticket"
    mail_priority: bool = True
    deny_senders: Whose = Field(default=(), max_length=MOST)
    deny_subjects: Listed = Field(default=(), max_length=MOST)
    deny_phrases: Listed = Field(default=(), max_length=MOST)
    allow_senders: Whose = Field(default=(), max_length=MOST)
    allow_subjects: Listed = Field(default=(), max_length=MOST)
    allow_phrases: Listed = Field(default=(), max_length=MOST)
    spam: Treatment = "hold"
    virus: Treatment = "hold"
    author_per_hour: Whole = Field(default=1000, ge=1, le=100_000)
    answers_per_hour: Whole = Field(default=10, ge=1, le=100_000)
    per_hour: Whole = Field(default=1000, ge=1, le=1_000_000)


class Console(Section):
    """The operator's page."""

    listen: Endpoint = Tcp("127.0.0.1", 8026)


class Desk(Section):
    """The embedded helpdesk."""

    listen: Endpoint = Tcp("127.0.0.1", 8027)
    database: str = Field(default="desk.db", min_length=1)

    @field_validator("listen")
    @classmethod
    def _at_home(cls, value: Tcp) -> Tcp:
        if not is_loopback(value.host):
            raise ValueError("must stay on loopback: its pages have no login; use 127.0.0.1 and a tunnel")
        return value


class Log(Section):
    """What is told on stderr."""

    format: Literal["auto", "console", "json"] = "auto"
    level: Literal["debug", "info", "warning", "error"] = "info"
