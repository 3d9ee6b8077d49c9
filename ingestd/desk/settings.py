"""What kind of WHMCS this is: every doubt about a real one is a switch here."""

from dataclasses import dataclass, field
from datetime import UTC, tzinfo
from enum import StrEnum


class EmptyList(StrEnum):
    """How a list without elements looks; the documentation is silent, and installations differ."""

    WRAPPED = "wrapped"  # {"ticket": []}
    LIST = "list"  # []
    STRING = "string"  # ""
    OBJECT = "object"  # {}
    MISSING = "missing"  # the key is not there


class ListShape(StrEnum):
    """How a list with elements looks: PHP arrays with gaps become objects."""

    LIST = "list"
    INDEXED = "indexed"  # {"0": {...}, "1": {...}}
    BARE = "bare"  # one element stands without its list


class RefusedFile(StrEnum):
    """What becomes of a file whose extension is not allowed."""

    DROP = "drop"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class Department:
    """A support department; `member` says whether the admin behind the credentials belongs to it."""

    department_id: int
    name: str
    member: bool = False


@dataclass(frozen=True, slots=True)
class KeliwebFace:
    """Who may have a token of Keliweb's API, and for how long. `token` is one that never ends, "" for none."""

    client_id: str = ""
    client_secret: str = field(default="", repr=False)
    username: str = ""
    password: str = field(default="", repr=False)
    token: str = field(default="", repr=False)
    access_seconds: float = 3600.0
    refresh_seconds: float = 10 * 86400.0


@dataclass(frozen=True, slots=True)
class DeskSettings:
    """One installation. The defaults are strict where a client might be careless, and roomy in size.

    `database` is a path or ":memory:". `port` 0 takes a free one. `role` names the allowed actions, None all.
    `mask` is WHMCS's ticket mask; "" gives six digits. `post_max_size` is PHP's, in bytes. `zone` is the server's:
    dates carry none. `page_hosts` may be asked for the page besides the loopback names. With `keliweb` the desk speaks
    Keliweb's API and not WHMCS's.
    """

    identifier: str = field(repr=False)
    secret: str = field(repr=False)
    database: str = ":memory:"
    host: str = "127.0.0.1"
    port: int = 0
    access_key: str = field(default="", repr=False)
    allowed_ips: tuple[str, ...] = ("127.0.0.1", "::1")
    role: frozenset[str] | None = None
    action_before_credentials: bool = False
    departments: tuple[Department, ...] = (Department(1, "Support"), Department(2, "Billing"))
    statuses: tuple[str, ...] = ("Open", "Answered", "Customer-Reply", "On Hold", "In Progress", "Closed")
    mask: str = ""
    post_max_size: int = 64 * 1024 * 1024
    post_warning: bool = False
    attachment_types: tuple[str, ...] = ()
    refused_file: RefusedFile = RefusedFile.DROP
    plain_file_names: bool = True
    string_ids: bool = True
    empty_list: EmptyList = EmptyList.WRAPPED
    list_shape: ListShape = ListShape.LIST
    empty_attachments_nested: bool = True
    entities: bool = True
    utf8mb3: bool = False
    text_limit: int = 0
    zone: tzinfo = UTC
    shuffle: bool = True
    page: bool = True
    page_hosts: tuple[str, ...] = ()
    control: bool = False
    keliweb: KeliwebFace | None = None
