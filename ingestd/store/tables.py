"""The tables: the queue row of each entry, the ledger, and the raw mails in chunks.

One set for SQLite, PostgreSQL and MariaDB. Times are UTC epoch seconds: three engines know three kinds of datetime.
Whatever has an index is short and of our own making; what a mail or a peer wrote is compared by digest.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Double,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    String,
    Table,
    Text,
    false,
)
from sqlalchemy.ext.compiler import compiles

VERSION = 2
"""Of this schema; `schema.STEPS` leads here from every one before."""

metadata = MetaData()

# MariaDB's default collations take "a" for "A", and most of them "a " for "a".
_EXACT = {"mariadb_charset": "utf8mb4", "mariadb_collate": "utf8mb4_nopad_bin"}
_Id = String(20)
_Digest = String(32)


class _Words(Text):
    """Text of any length."""


class _Bytes(LargeBinary):
    """Bytes of any length."""


# MariaDB makes 64 KB columns of Text and LargeBinary. By name: its types would bring its whole dialect.
@compiles(_Words, "mysql", "mariadb")
def _long_words(*_: object, **__: object) -> str:
    return "LONGTEXT"


@compiles(_Bytes, "mysql", "mariadb")
def _long_bytes(*_: object, **__: object) -> str:
    return "LONGBLOB"


spool = Table(
    "spool",
    metadata,
    Column("version", Integer, nullable=False),
    # How many entries were ever made, counted as they are made: what `entry` holds is held against it.
    Column("accepted", BigInteger, nullable=False, server_default="0"),
)

entry = Table(
    "entry",
    metadata,
    Column("queue_id", _Id, primary_key=True),
    Column("raw_id", _Id, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("pruned", Boolean, nullable=False, server_default=false()),
    Column("fingerprint", _Digest, nullable=False, unique=True),
    Column("reverse_path", _Words, nullable=False),
    Column("recipient", _Words, nullable=False),
    Column("route", _Words, nullable=False),
    Column("peer", _Words, nullable=False),
    Column("helo", _Words, nullable=False),
    Column("tls", Boolean, nullable=False),
    Column("received_at", Double, nullable=False),
    # `root` is the conversation as the door saw it; later mails of that root follow where `conversation` went since.
    Column("root", String(255), nullable=False),
    Column("conversation", String(255), nullable=False),
    Column("status", String(16), nullable=False, server_default="incoming"),
    Column("reason", _Words, nullable=False, server_default=""),
    Column("due_at", Double, nullable=False),
    # When the entry may be claimed: due_at, or the end of its lease; NULL where nothing is waited for.
    Column("wake_at", Double),
    # Since when the entry is done or discarded; NULL while it is not, and once its raw mail is pruned.
    Column("over_at", Double),
    Column("lease", Integer, nullable=False, server_default="0"),
    Column("claims", Integer, nullable=False, server_default="0"),
    Column("lines", Integer, nullable=False, server_default="1"),
    Column("author", _Words, nullable=False, server_default=""),
    Column("author_key", _Digest),
    Column("subject", _Words, nullable=False, server_default=""),
    Column("message_id", _Words, nullable=False, server_default=""),
    Column("message_key", _Digest),
    Column("grade", String(16), nullable=False, server_default=""),
    Column("ticket_id", BigInteger),
    Column("ticket_number", _Words, nullable=False, server_default=""),
    # Since when the entry is held by a hold that expires; NULL for all others.
    Column("held_at", Double),
)

line = Table(
    "line",
    metadata,
    Column("queue_id", _Id, primary_key=True),
    Column("seq", Integer, primary_key=True, autoincrement=False),
    Column("at", Double, nullable=False),
    Column("event", _Words, nullable=False),
    # The lines of one entry lie together, and there is one tree to write instead of two.
    sqlite_with_rowid=False,
)

chunk = Table(
    "chunk",
    metadata,
    Column("raw_id", _Id, primary_key=True),
    Column("seq", SmallInteger, primary_key=True, autoincrement=False),
    Column("data", _Bytes, nullable=False),
)

# Raw mails whose chunks are here before their entry is: what a crash leaves of them is found without a search.
staged = Table(
    "staged",
    metadata,
    Column("raw_id", _Id, primary_key=True),
    Column("owner", _Words, nullable=False),
    Column("at", Double, nullable=False),
)


def _index(name: str, *columns: Column[object], only: Column[object]) -> Index:
    """An index over the rows in which `only` stands; MariaDB, which has no partial ones, keeps all rows in it.

    With a million entries done and ten waiting it holds ten rows, so a claim costs what the ten cost; on MariaDB the
    NULLs lie together at one end and a range over `wake_at` never meets them.
    """
    there = only.is_not(None)
    return Index(name, *columns, sqlite_where=there)


def suit(engine: str) -> None:
    """Give the tables what this engine alone understands; SQLite's is there.

    SQLAlchemy loads the dialect of whatever an option names, which takes longer than to open a spool.
    """
    for table in metadata.sorted_tables:
        if engine == "mariadb":
            table.kwargs.update(_EXACT)
        for index in table.indexes:
            where = index.dialect_kwargs.get("sqlite_where")
            if engine == "postgresql" and where is not None:
                index.kwargs["postgresql_where"] = where


_c = entry.c
Index("entry_raw", _c.raw_id)
Index("entry_status", _c.status, _c.queue_id)
_index("entry_wake", _c.wake_at, _c.queue_id, only=_c.wake_at)
_index("entry_turn", _c.conversation, _c.queue_id, only=_c.wake_at)
_index("entry_root", _c.root, _c.queue_id, only=_c.wake_at)
_index("entry_over", _c.over_at, _c.raw_id, only=_c.over_at)
_index("entry_held", _c.held_at, _c.queue_id, only=_c.held_at)
_index("entry_author", _c.author_key, _c.received_at, only=_c.author_key)
_index("entry_message", _c.message_key, _c.queue_id, only=_c.message_key)
_index("entry_ticket", _c.ticket_id, _c.queue_id, only=_c.ticket_id)
