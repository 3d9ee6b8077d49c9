"""The adapter to Keliweb: its calls over the desk's face of it, and every answer that Laravel may give."""

import asyncio
import json
import logging
from contextlib import asynccontextmanager
from urllib.parse import parse_qsl

import pytest
import structlog
from scripted import OK, http

from ingestd.core.model import Guest, Literal
from ingestd.core.ticket import (
    AddTicketNote,
    AddTicketReply,
    Deferred,
    Done,
    Fault,
    File,
    OpenTicket,
    Priority,
    Refused,
    Scope,
    Unknown,
)
from ingestd.desk import Desk, DeskSettings, KeliwebFace, Rule
from ingestd.helpdesk.keliweb import Keliweb
from ingestd.helpdesk.keliweb_tokens import OauthTokens
from ingestd.helpdesk.settings import KeliwebSettings, Oauth
from ingestd.helpdesk.wire import Wire

GUEST = Guest("Anna Rossi", "anna@example.org")
MARKER = "[ref:3Fq9Zk2LmN8p-0]"
DATA = bytes(range(256)) * 300
OPEN = OpenTicket(1, "Hello & goodbye", "Good day <b>\nand 'more'", GUEST, Priority.HIGH, noemail=True)
REPLY = AddTicketReply(7, "Good day", GUEST)
FILES = AddTicketReply(7, "Good day", GUEST, (File("big.bin", len(DATA), Literal(DATA)),))
FACE = KeliwebFace("7", "cs3cret", "us@example.com", "pw0rd", token="fix3d")


def yes():
    return True


def said(status, **told):
    return http(status, json.dumps(told).encode())


@pytest.fixture
async def script(script):
    """The scripted server, whose every path is Keliweb's."""
    script.url = script.url.removesuffix("/includes/api.php")
    return script


@asynccontextmanager
async def speaking(url, access="fix3d", **settings):
    helpdesk = Keliweb(KeliwebSettings(url, access, **{"pause": 0.0, "timeout": 20.0, **settings}))
    try:
        yield helpdesk
    finally:
        await helpdesk.aclose()


@pytest.fixture
async def keliweb(script):
    """An adapter that speaks to the scripted server, with a token that never ends."""
    async with speaking(script.url) as keliweb:
        yield keliweb


@asynccontextmanager
async def hired(face=FACE, password="pw0rd", **settings):
    """The desk behind Keliweb's face, and an adapter that gets its tokens there."""
    desk = Desk(DeskSettings("i", "s", keliweb=face, **settings))
    await desk.start()
    oauth = Oauth(desk.token_url, "7", "cs3cret", "us@example.com", password)
    try:
        async with speaking(desk.url, oauth) as keliweb:
            yield desk, keliweb
    finally:
        await desk.stop()


def grants(desk):
    return [request["fields"]["grant_type"] for request in desk.log() if request["action"] == "token"]


async def test_a_ticket_opened_is_a_ticket_read(read):
    """OpenTicket is Done with id and number; a reply with files follows; get-ticket gives both back."""
    async with hired() as (desk, keliweb):
        done = await keliweb.perform(OPEN, None, MARKER, read, yes)
        reply = AddTicketReply(None, "More", GUEST, FILES.files)
        assert Done(done.ticket_id) == await keliweb.perform(reply, done.ticket_id, "", read, yes)

        ticket = await keliweb.ticket_by_number(done.ticket_number)
        assert ("Hello & goodbye", "High", "anna@example.org") == (ticket.subject, ticket.priority, ticket.email)
        assert ["Good day <b>", "and 'more'", "", MARKER] == ticket.posts[0].text.splitlines()
        assert ("big.bin",) == (await keliweb.ticket(done.ticket_id)).posts[1].files
        assert None is await keliweb.ticket(77)
        assert ["password"] == grants(desk)


async def test_the_request_is_as_documented(script, keliweb, read):
    """An address for each call, the token, no field beyond the documented ones, and the text as the last bytes."""
    await keliweb.perform(FILES, None, "[ref:x-1]", read, yes)
    await keliweb.perform(OPEN, None, "", read, yes)
    await keliweb.ticket(7)

    lines = [head.split("\r\n") for head in script.heads]
    assert ["POST /add-ticket-reply", "POST /open-ticket", "POST /get-ticket"] == [
        line[0].removesuffix(" HTTP/1.1") for line in lines
    ]
    assert all("authorization: bearer fix3d" in map(str.lower, line) for line in lines)
    replied, opened, asked = (dict(parse_qsl(body.decode())) for body in script.bodies)
    assert {"ticketid", "message", "name", "email", "attachments"} == replied.keys()
    assert {"deptid", "subject", "message", "name", "email", "priority"} == opened.keys()
    assert {"ticketid", "repliessort"} == asked.keys()
    assert script.bodies[0].endswith(b"&message=Good+day%0A%0A%5Bref%3Ax-1%5D")


ERRORS = [
    ("no token", said(401, message="Unauthenticated."), (Deferred, Scope.HELPDESK, None)),
    ("no token, no words", http(401, b"<html>"), (Deferred, Scope.HELPDESK, None)),
    ("forbidden", said(403, message="This action is unauthorized."), (Deferred, Scope.HELPDESK, None)),
    ("firewall", http(403, b"<html>"), (Deferred, Scope.MAIL, Fault.BLOCKED)),
    ("gone", said(404, message="No query results for model [App\\Ticket] 7"), (Refused, Fault.GONE)),
    ("no such place", said(404, message="The route x could not be found."), (Deferred, Scope.HELPDESK, None)),
    ("moved", http(302, b"", "Location: /login"), (Deferred, Scope.HELPDESK, None)),
    ("too many", said(429, message="Too Many Attempts."), (Deferred, Scope.HELPDESK, None)),
    ("department", said(422, message="x", errors={"email": ["y"], "deptid": ["z"]}), (Deferred, Scope.ROUTE, None)),
    ("ticket", said(422, message="x", errors={"ticketid": ["z"]}), (Refused, Fault.GONE)),
    ("address", said(422, message="x", errors={"email": ["z"]}), (Refused, Fault.ADDRESS)),
    ("text", said(422, message="x", errors={"message": "z"}), (Refused, Fault.MESSAGE)),
    ("subject", said(422, message="x", errors={"subject": ["z"]}), (Refused, Fault.SUBJECT)),
    ("files", said(422, message="x", errors={"attachments": ["z"]}), (Deferred, Scope.MAIL, Fault.OTHER)),
    ("invalid without errors", said(422, message="x"), (Deferred, Scope.MAIL, Fault.OTHER)),
    ("invalid with odd errors", said(422, message="x", errors=[{"email": 5}]), (Deferred, Scope.MAIL, Fault.OTHER)),
    ("as WHMCS says it", said(200, result="error", message="Ticket ID not found"), (Refused, Fault.GONE)),
    ("a hook's text", said(200, result="error", message="Go away"), (Deferred, Scope.MAIL, Fault.OTHER)),
    ("cut", b"", (Unknown, True)),
    ("500", said(500, message="Server Error"), (Unknown, True)),
    ("200 and empty", http(200, b""), (Unknown, True)),
    ("200 and Laravel's", said(200, message="Hello"), (Unknown, True)),
]  # fmt: skip


@pytest.mark.parametrize(("answer", "expected"), [row[1:] for row in ERRORS], ids=[row[0] for row in ERRORS])
async def test_a_call_that_writes(script, keliweb, read, answer, expected):
    """Every answer has one outcome, and a request that left is never sent again by itself."""
    script.answers = [answer]
    script.rest = said(200, result="error", message="Ticket ID Not Found")

    outcome = await keliweb.perform(REPLY, None, "", read, yes)

    match outcome:
        case Deferred(scope=scope, fault=fault):
            assert expected == (Deferred, scope, fault)
        case Refused(fault=fault):
            assert expected == (Refused, fault)
        case Unknown(late=late):
            assert expected == (Unknown, late)
    assert 1 == sum(head.startswith("POST /add-ticket-reply") for head in script.heads)


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (said(401, message="Unauthenticated."), (Scope.HELPDESK, None)),
        (said(422, message="x", errors={"email": ["z"]}), (Scope.MAIL, Fault.OTHER)),
        (said(422, message="x", errors={"ticketid": ["z"]}), None),
        (said(404, message="Ticket not found"), None),
        (said(200, result="error", message="Ticket ID Not Found"), None),
        (said(500, message="Server Error"), (Scope.HELPDESK, None)),
    ],
)
async def test_a_call_that_reads(script, keliweb, answer, expected):
    """What is not there is None; trouble is a value."""
    script.rest = answer

    ticket = await keliweb.ticket(7)

    assert expected == ((ticket.scope, ticket.fault) if isinstance(ticket, Deferred) else ticket)


@pytest.mark.parametrize(
    ("answer", "passes"),
    [
        (said(200, result="error", message="Ticket ID Not Found"), True),
        (said(200, result="error", message="Either ticketnum or ticketid is required"), True),
        (said(422, message="x", errors={"ticketid": ["must be at least 1"]}), True),
        (said(401, message="Unauthenticated."), False),
        (said(403, message="no"), False),
        (http(502, b"<html>"), False),
        (said(429, message="slow"), False),
    ],
)
async def test_the_probe_asks_for_a_ticket_that_is_not_there(script, keliweb, answer, passes):
    """That nothing is found proves the token; the probe never writes."""
    script.rest = answer

    assert passes == (await keliweb.probe() is None)
    assert all(head.startswith("POST /get-ticket ") for head in script.heads)


async def test_half_a_request_had_no_effect(script, keliweb, read):
    """The text comes last: a body cut before it is not written, and may be sent again."""
    script.cut_at = 1000
    data = bytes(12_000_000)

    outcome = await keliweb.perform(
        AddTicketReply(7, "m", GUEST, (File("big.bin", len(data), Literal(data)),)), None, "", read, yes
    )

    assert (Deferred, Scope.HELPDESK) == (type(outcome), outcome.scope)


async def test_what_keliweb_has_not_is_refused(keliweb, read):
    """No note, no list, nobody to look up; what cannot be known is never none."""
    assert isinstance(await keliweb.perform(AddTicketNote(7, "n"), None, "", read, yes), Refused)
    assert isinstance(await keliweb.tickets_of_address("a@example.org"), Deferred)
    assert isinstance(await keliweb.tickets_of_client(1), Deferred)
    assert (None, (), ()) == (await keliweb.client("a@x"), await keliweb.contacts("a@x"), await keliweb.users("a@x"))


async def test_a_token_that_ended_is_renewed_and_the_call_made_once(read):
    """401 on a write had no effect: the refresh token gets another, and the same call is made with it."""
    async with hired() as (desk, keliweb):
        await keliweb.probe()
        desk.revoke_tokens()

        assert isinstance(await keliweb.perform(OPEN, None, "", read, yes), Done)
        assert ["password", "refresh_token"] == grants(desk)
        assert 1 == len(desk.tickets())


async def test_where_the_refresh_token_ended_too_the_password_serves(read):
    """Ten days without a mail, or a helpdesk that forgot us."""
    async with hired() as (desk, keliweb):
        await keliweb.probe()
        desk.revoke_tokens(refresh=True)

        assert isinstance(await keliweb.perform(OPEN, None, "", read, yes), Done)
        assert ["password", "refresh_token", "password"] == grants(desk)


@asynccontextmanager
async def tokens(script, clock):
    """Tokens of the scripted endpoint, by this clock."""
    oauth = Oauth(f"{script.url}/oauth/token", "7", "c", "u", "p")
    wire = Wire(KeliwebSettings(script.url, oauth))
    yield OauthTokens(wire, oauth, 5.0, lambda: clock[0])
    await wire.aclose()


def granted(access, refresh="r", **told):
    return said(200, token_type="Bearer", access_token=access, refresh_token=refresh, **told)


async def test_a_token_is_renewed_before_it_ends(script):
    """A minute before its hour is over, by the refresh token that came with it."""
    script.answers = [granted("first", "r1", expires_in=3600), granted("second", "r2", expires_in=3600)]
    clock = [100.0]
    async with tokens(script, clock) as ours:
        got = []
        for clock[0] in (100.0, 3639.0, 3640.0, 3641.0):
            got.append(await ours.current())

    assert ["first", "first", "second", "second"] == got
    assert [{"grant_type": "password", "username": "u"}, {"grant_type": "refresh_token", "refresh_token": "r1"}] == [
        {name: value for name, value in parse_qsl(body.decode()) if name in {"grant_type", "username", "refresh_token"}}
        for body in script.bodies
    ]


async def test_a_token_near_its_end_serves_where_none_can_be_had(script):
    """A token endpoint that is down stops nobody while the old token is good."""
    script.answers, script.rest = [granted("first", expires_in=3600)], said(500)
    clock = [0.0]
    async with tokens(script, clock) as ours:
        assert "first" == await ours.current()
        clock[0] = 3599.0
        assert "first" == await ours.current()
        clock[0] = 3600.0
        assert isinstance(await ours.current(), Deferred)


@pytest.mark.parametrize(("told", "life"), [({}, 600), ({"expires_in": "120"}, 120), ({"expires_in": -5}, 600)])
async def test_a_life_that_is_not_told_is_short(script, told, life):
    """`expires_in` is only recommended; a text does as well."""
    script.rest = granted("one", **told)
    clock = [0.0]
    async with tokens(script, clock) as ours:
        await ours.current()
        for clock[0] in (life * 0.7, life * 0.95):
            await ours.current()

    assert 2 == len(script.heads)


async def test_many_calls_renew_once():
    """Whoever comes first asks; the others wait for what comes of it, be it a token or trouble."""
    async with hired() as (desk, keliweb):
        assert [None] * 20 == await asyncio.gather(*(keliweb.probe() for _ in range(20)))
        desk.revoke_tokens()
        assert [None] * 20 == await asyncio.gather(*(keliweb.probe() for _ in range(20)))
        assert ["password", "refresh_token"] == grants(desk)
    async with hired(password="wrong") as (desk, keliweb):
        reasons = {(await probed).reason for probed in asyncio.as_completed([keliweb.probe() for _ in range(20)])}
        assert {"the helpdesk gives us no token (invalid_grant): "} == {reason.split("see")[0] for reason in reasons}
        assert ["password"] == grants(desk)


async def test_without_a_token_nothing_is_sent(read):
    """Wrong credentials, or a token endpoint that is down: our configuration's fault or the helpdesk's, no mail's."""
    async with hired() as (desk, keliweb):
        for fault in ("500", "html", "cut_before", "429"):
            desk.add_fault(Rule(fault, action="token", times=1))

            outcome = await keliweb.perform(OPEN, None, "", read, yes)

            assert (Deferred, Scope.HELPDESK) == (type(outcome), outcome.scope)
        assert [] == desk.tickets()
        assert isinstance(await keliweb.perform(OPEN, None, "", read, yes), Done)


@pytest.mark.parametrize(
    "answer",
    [
        said(200, access_token="two words", expires_in=3600),
        said(200, access_token="line\r\nX-Evil: 1"),
        said(200, access_token=["a"]),
        said(200, token="x"),
        http(200, b"[" * 100_000),
    ],
)
async def test_what_is_no_token_is_never_sent(script, answer):
    """A header holds no foreign line."""
    script.rest = answer
    async with speaking(script.url, Oauth(f"{script.url}/oauth/token", "7", "c", "u", "p")) as keliweb:
        trouble = await keliweb.probe()

    assert "no token" in trouble.reason
    assert {"POST /oauth/token HTTP/1.1"} == {head.split("\r\n")[0] for head in script.heads}


async def test_secrets_stay_out_of_logs_and_reasons(script, read, caplog):
    """Neither our log nor httpx's nor any outcome or repr holds a token, a password or a mail's words."""
    caplog.set_level(logging.DEBUG)
    oauth = Oauth(f"{script.url}/oauth/token", "cl1ent", "cs3cret", "us3r", "pw0rd")
    settings = KeliwebSettings(script.url, oauth)
    token = said(200, access_token="t0ken", refresh_token="refr3sh", expires_in=3600)
    refused = said(401, message="t0ken is bad")
    script.answers = [said(400, error="Pw0rd pw0rd", message="pw0rd"), token, refused, said(500), http(200, OK), b""]
    with structlog.testing.capture_logs() as events:
        async with speaking(script.url, oauth) as keliweb:
            outcomes = [await keliweb.perform(REPLY, None, "", read, yes) for _ in range(4)]
            told = f"{events} {caplog.text} {outcomes} {settings!r} {keliweb._line._tokens._granted}"

    secrets = ("cl1ent", "cs3cret", "us3r", "pw0rd", "t0ken", "refr3sh", "Good day", "anna@")
    assert [] == [word for word in secrets if word in told]
