"""The reckoning after a storm: what was written, compared with what the helpdesk holds."""

import re
from collections import defaultdict
from typing import Any

from letters import Letter

TOKEN = re.compile(r"^This is (c\d+n\d+)\.")
FILE = re.compile(r"^(c\d+n\d+)-\d+\.bin$")
FURTHER = "Further files of the same mail:"


def faults_of(
    conversations: list[list[Letter]], tickets: list[dict[str, Any]], sent: dict[str, set[str]], counts: dict[str, Any]
) -> list[str]:
    """Every difference, as a sentence that names the mail."""
    letters = [letter for conversation in conversations for letter in conversation]
    posts = [(ticket, post) for ticket in tickets for post in ticket["posts"]]
    return [
        *_accounted(letters, sent, counts),
        *_once(letters, posts),
        *_in_order(conversations, posts),
        *_files(letters, posts),
        *_extras(conversations, tickets),
    ]


def _accounted(letters: list[Letter], sent: dict[str, set[str]], counts: dict[str, Any]) -> list[str]:
    faults = [
        f"{letter.token}: queue ids {sent.get(letter.token)}"
        for letter in letters
        if len(sent.get(letter.token, ())) != 1
    ]
    ids = {queue_id for each in sent.values() for queue_id in each}
    if len(ids) != len(letters):
        faults.append(f"{len(letters)} mails have {len(ids)} queue ids")
    if counts.get("done") != len(letters):
        faults.append(f"{len(letters)} mails were accepted, but of each status there are {counts}")
    return faults


def _once(letters: list[Letter], posts: list[tuple[dict[str, Any], dict[str, Any]]]) -> list[str]:
    seen = defaultdict(int)
    for _, post in posts:
        found = TOKEN.match(post["message"])
        if found:
            seen[found[1]] += 1
        elif not post["message"].startswith(FURTHER):
            seen[post["message"][:60]] += 2
    return [f"{token}: is there {count} times" for token, count in _counted(letters, seen) if count != 1]


def _counted(letters: list[Letter], seen: dict[str, int]) -> list[tuple[str, int]]:
    return [(token, seen.get(token, 0)) for token in {letter.token for letter in letters} | set(seen)]


def _in_order(conversations: list[list[Letter]], posts: list[tuple[dict[str, Any], dict[str, Any]]]) -> list[str]:
    """Each conversation is one ticket, its posts in the order in which its mails were accepted."""
    told = defaultdict(list)
    for ticket, post in posts:
        if found := TOKEN.match(post["message"]):
            told[ticket["number"]].append(found[1])
    orders = [tuple(tokens) for tokens in told.values()]
    wanted = (tuple(letter.token for letter in conversation) for conversation in conversations)
    return [
        f"{order[0]}: no ticket tells {', '.join(order)} in this order; told is {_near(order, orders)}"
        for order in wanted
        if order not in orders
    ]


def _near(order: tuple[str, ...], orders: list[tuple[str, ...]]) -> list[tuple[str, ...]]:
    return [each for each in orders if set(each) & set(order)]


def _files(letters: list[Letter], posts: list[tuple[dict[str, Any], dict[str, Any]]]) -> list[str]:
    held = defaultdict(list)
    for _, post in posts:
        for file in post["files"]:
            found = FILE.match(file["name"])
            held[found[1] if found else file["name"]].append((file["name"], file["sha256"]))
    faults = [
        f"{letter.token}: files are {held[letter.token]}" for letter in letters if letter.told != held[letter.token]
    ]
    return faults + [f"{name}: nobody's file" for name in set(held) - {letter.token for letter in letters}]


def _extras(conversations: list[list[Letter]], tickets: list[dict[str, Any]]) -> list[str]:
    """Cc is all that was asked for; nothing had to be noted."""
    by_title = {ticket["subject"]: ticket for ticket in tickets}
    faults = [f"{ticket['subject']}: notes {ticket['notes']}" for ticket in tickets if ticket["notes"]]
    for conversation in conversations:
        wanted = {address for letter in conversation for address in letter.cc}
        there = set(by_title.get(conversation[0].title, {"cc": ()})["cc"])
        if wanted != there:
            faults.append(f"{conversation[0].title}: Cc is {sorted(there)}, asked for was {sorted(wanted)}")
    return faults
