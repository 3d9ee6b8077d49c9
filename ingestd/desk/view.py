"""What the page shows of a ticket: words and numbers for people, bounded in length."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote

from ingestd.desk.case import DATE, Case
from ingestd.desk.download import image_type
from ingestd.desk.rows import NOTE, File, Post, Ticket

PAGE_SIZE = 50
# What is longer is cut on the page and offered as a file; what is bigger is no preview.
_LONGEST_TEXT = 100_000
_BIGGEST_PREVIEW = 10_000_000
_MOST_POSTS = 500
# Overrides of the writing direction make "gnp.exe" read "exe.png": they are not shown in names.
_OVERRIDES = dict.fromkeys(map(ord, "\u202d\u202e"))
_STEPS = ((86_400, "d"), (3_600, "h"), (60, "min"))


@dataclass(frozen=True, slots=True)
class TicketView:
    """The head of a ticket."""

    number: str
    url: str
    subject: str
    name: str
    email: str
    client_id: int
    department: str
    status: str
    status_class: str
    priority: str
    created: str
    age: str
    cc: tuple[str, ...]
    replies: int
    files: int
    flag: int
    service: str


@dataclass(frozen=True, slots=True)
class FileView:
    """A file of a post."""

    file_id: int
    name: str
    size: str
    image: bool


@dataclass(frozen=True, slots=True)
class PostView:
    """One text of the thread; `role` is client, guest, staff or note."""

    post_id: int
    role: str
    name: str
    email: str
    created: str
    age: str
    text: str
    cut: bool
    files: tuple[FileView, ...]


@dataclass(frozen=True, slots=True)
class ListView:
    """A page of tickets; `newer` and `older` are page numbers, 0 for none."""

    tickets: tuple[TicketView, ...]
    total: int
    page: int
    newer: int
    older: int


@dataclass(frozen=True, slots=True)
class ThreadView:
    """A ticket with its posts; `hidden` counts those beyond the bound."""

    ticket: TicketView
    posts: tuple[PostView, ...]
    hidden: int
    custom_fields: tuple[tuple[str, str], ...]


def list_view(case: Case, page: int) -> ListView:
    """The tickets of this page, newest first."""
    total = case.tickets.count()
    tickets = case.tickets.newest(PAGE_SIZE, (page - 1) * PAGE_SIZE)
    older = page + 1 if page * PAGE_SIZE < total else 0
    return ListView(tuple(_head(case, ticket) for ticket in tickets), total, page, page - 1, older)


def ticket_view(case: Case, number: str) -> ThreadView | None:
    """The ticket with this number and its thread."""
    ticket = case.tickets.find(number)
    if ticket is None:
        return None
    posts = case.tickets.posts(ticket.ticket_id)
    fields = {name: value for post in posts for name, value in post.custom_fields.items()}
    shown = tuple(_post(case, post) for post in posts[:_MOST_POSTS])
    return ThreadView(_head(case, ticket), shown, len(posts) - len(shown), tuple(fields.items()))


def whole_text(case: Case, post_id: int) -> str | None:
    """The text of a post, uncut."""
    text = case.tickets.message(post_id)
    return None if text is None else case.plain(text)


def _head(case: Case, ticket: Ticket) -> TicketView:
    replies, files = case.tickets.tally(ticket.ticket_id)
    cc = case.plain(ticket.cc).split(",")
    return TicketView(
        number=ticket.number,
        url=f"/ticket/{quote(ticket.number, safe='')}",
        subject=_name(case, ticket.subject),
        name=_name(case, ticket.name),
        email=case.plain(ticket.email),
        client_id=ticket.client_id,
        department=case.department(ticket.department) or f"#{ticket.department}",
        status=ticket.status,
        status_class=ticket.status.lower().replace(" ", "-"),
        priority=ticket.priority,
        created=ticket.created,
        age=_age(case, ticket.created),
        cc=tuple(address.strip() for address in cc if address.strip()),
        replies=replies,
        files=files,
        flag=ticket.flag,
        service=_service(ticket.service),
    )


def _service(code: str) -> str:
    kinds = {"S": "service", "D": "domain"}
    return f"{kinds.get(code[:1], code[:1])} {code[1:]}" if code else ""


def _post(case: Case, post: Post) -> PostView:
    author, text = post.author, case.plain(post.message)
    return PostView(
        post_id=post.post_id,
        role=_role(post),
        name=_name(case, author.requestor_name or author.name),
        email=case.plain(author.requestor_email or author.email),
        created=post.created,
        age=_age(case, post.created),
        text=text[:_LONGEST_TEXT],
        cut=len(text) > _LONGEST_TEXT,
        files=_files(case, post.files),
    )


def _name(case: Case, text: str) -> str:
    return case.plain(text).translate(_OVERRIDES)


def _role(post: Post) -> str:
    if post.kind == NOTE:
        return "note"
    if post.author.admin:
        return "staff"
    return "client" if post.author.client_id else "guest"


def _files(case: Case, files: Sequence[File]) -> tuple[FileView, ...]:
    return tuple(
        FileView(file.file_id, file.name.translate(_OVERRIDES), size_text(file.size), _is_image(case, file))
        for file in files
    )


def _is_image(case: Case, file: File) -> bool:
    return file.size <= _BIGGEST_PREVIEW and image_type(case.tickets.beginning(file.file_id)) is not None


def _age(case: Case, created: str) -> str:
    """How long ago, in one unit."""
    moment = datetime.strptime(created, DATE).replace(tzinfo=case.settings.zone)
    seconds = max((case.now - moment).total_seconds(), 0)
    return next((f"{seconds // unit:.0f} {name}" for unit, name in _STEPS if seconds >= unit), f"{seconds:.0f} s")


def size_text(size: int) -> str:
    """Bytes for people: 999 B, 1.2 kB, 24.0 MB."""
    if size < 1000:
        return f"{size} B"
    return f"{size / 1000:.1f} kB" if size < 1_000_000 else f"{size / 1_000_000:.1f} MB"
