"""A ticket with everything that hangs on it, as one JSON object: for tests."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from ingestd.desk.case import Case
from ingestd.desk.rows import NOTE, Post, Ticket


def dump_ticket(case: Case, ticket: Ticket) -> dict[str, Any]:
    """Posts (the opening first, then replies in order), notes, files with sha256 and size; text decoded."""
    posts = case.tickets.posts(ticket.ticket_id)
    merged: dict[str, str] = {}
    for post in posts:
        merged |= post.custom_fields
    return {
        **{name: case.plain(value) if isinstance(value, str) else value for name, value in asdict(ticket).items()},
        "cc": [address.strip() for address in case.plain(ticket.cc).split(",") if address.strip()],
        "custom_fields": merged,
        "posts": [_dump_post(case, post) for post in _not_notes(posts)],
        "notes": [_dump_post(case, post) for post in posts if post.kind == NOTE],
    }


def _not_notes(posts: Sequence[Post]) -> list[Post]:
    return [post for post in posts if post.kind != NOTE]


def _dump_post(case: Case, post: Post) -> dict[str, Any]:
    author = {
        name: case.plain(value) if isinstance(value, str) else value for name, value in asdict(post.author).items()
    }
    return {
        "kind": post.kind,
        "id": post.own_id,
        **author,
        "message": case.plain(post.message),
        "markdown": post.markdown,
        "created": post.created,
        "files": [
            {"name": file.name, "stored_name": file.stored_name, "size": file.size, "sha256": file.sha256}
            for file in post.files
        ],
    }
