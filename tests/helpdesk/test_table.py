"""Design section 5, "what came back": one row of this test for each row of the table, for writes and for reads."""

import asyncio
from dataclasses import replace

import pytest
from scripted import OK, http

from ingestd.core.model import Guest
from ingestd.core.ticket import AddTicketReply, Deferred, Done, Fault, OpenTicket, Priority, Refused, Scope, Unknown
from ingestd.helpdesk.port import Denied

GUEST = Guest("Anna Rossi", "anna@example.org")
OPEN = OpenTicket(1, "Hello", "Good day", GUEST, Priority.LOW)
LONG = replace(OPEN, message="Good day. " * 15_000)
REPLY = AddTicketReply(7, "Good day", GUEST)
OPENED = b'{"result":"success","id":"12","tid":"516757","c":"KPqH7yG3"}'
PAGE = b"<html><body>Blocked: <b>Attention Required!</b></body></html>"


def error(message):
    return b'{"result":"error","message":"%s"}' % message.replace('"', '\\"').encode()


def yes():
    return True


async def perform(whmcs, read, call=OPEN):
    return await whmcs.perform(call, None, "", read, yes)


def gist(outcome):
    """What an outcome says besides its words."""
    match outcome:
        case Deferred(scope=scope, fault=fault, retry_after=pause):
            return Deferred, scope, fault, pause
        case Refused(fault=fault):
            return Refused, fault
        case Unknown(late=late, retry_after=pause):
            return Unknown, late, pause
        case _:
            return outcome


WRITES = [
    ("success", http(200, OPENED), Done(12, "516757")),
    ("success under a BOM", http(200, b"\xef\xbb\xbf" + OPENED), Done(12, "516757")),
    (
        "success after a notice",
        http(200, b"<br />\n<b>Warning</b>: {x} in <b>a.php</b>\n" + OPENED),
        Done(12, "516757"),
    ),
    ("success without an id", http(200, OK), (Unknown, False, None)),
    ("no answer at all", b"", (Unknown, True, None)),
    ("cut within the answer", b"HTTP/1.1 200 X\r\nContent-Length: 900\r\n\r\n" + OPENED[:20], (Unknown, True, None)),
    ("500", http(500, b"oops"), (Unknown, True, None)),
    ("502", http(502, PAGE), (Unknown, True, None)),
    ("503", http(503, PAGE, "Retry-After: 120"), (Unknown, True, 120.0)),
    ("504", http(504, PAGE), (Unknown, True, None)),
    ("524", http(524, PAGE), (Unknown, True, None)),
    ("500 with success", http(500, OPENED), (Unknown, True, None)),
    ("408", http(408, PAGE), (Unknown, False, None)),
    ("200 and empty", http(200, b""), (Unknown, True, None)),
    ("200 and truncated", http(200, OPENED[:-9]), (Unknown, True, None)),
    ("200 and a page", http(200, PAGE), (Unknown, True, None)),
    ("200 and a page that quotes JSON", http(200, b"<p>" + OPENED + b"</p>"), (Unknown, True, None)),
    ("400 with success", http(400, OPENED), (Unknown, True, None)),
    ("429", http(429, PAGE, "Retry-After: 7"), (Deferred, Scope.HELPDESK, None, 7.0)),
    ("wrong IP", http(403, error("Invalid IP 203.0.113.9")), (Deferred, Scope.HELPDESK, None, None)),
    ("wrong credentials", http(403, error("Authentication Failed")), (Deferred, Scope.HELPDESK, None, None)),
    ("401", http(401, error("Unauthenticated.")), (Deferred, Scope.HELPDESK, None, None)),
    ("403 without known words", http(403, error("Go away")), (Deferred, Scope.HELPDESK, None, None)),
    (
        "role",
        http(403, error('Invalid Permissions: API action "openticket" is not allowed')),
        (Deferred, Scope.HELPDESK, Fault.ROLE, None),
    ),
    ("firewall, probe good", http(403, PAGE), (Deferred, Scope.MAIL, Fault.BLOCKED, None)),
    ("406, probe good", http(406, PAGE), (Deferred, Scope.MAIL, Fault.BLOCKED, None)),
    ("413 of a small body, probe good", http(413, PAGE), (Deferred, Scope.MAIL, Fault.BLOCKED, None)),
    (
        "413 cut within its page",
        b"HTTP/1.1 413 X\r\nContent-Length: 900\r\n\r\n<html>",
        (Deferred, Scope.MAIL, Fault.BLOCKED, None),
    ),
    ("301", http(301, PAGE, "Location: https://elsewhere.example/"), (Deferred, Scope.HELPDESK, None, None)),
    ("302", http(302, b"", "Location: /login"), (Deferred, Scope.HELPDESK, None, None)),
    ("404", http(404, PAGE), (Deferred, Scope.HELPDESK, None, None)),
    ("405", http(405, PAGE), (Deferred, Scope.HELPDESK, None, None)),
    ("department", http(200, error("Department ID not found")), (Deferred, Scope.ROUTE, None, None)),
    ("custom field", http(200, error("Invalid Custom Field ID")), (Deferred, Scope.ROUTE, None, None)),
    ("client gone", http(200, error("Client ID Not Found")), (Refused, Fault.GONE)),
    ("user gone", http(200, error("The system cannot find the provided user ID.")), (Refused, Fault.GONE)),
    ("address", http(200, error("Email Address Invalid")), (Refused, Fault.ADDRESS)),
    ("message", http(200, error("Message is required")), (Refused, Fault.MESSAGE)),
    ("subject", http(200, error("Subject is required")), (Refused, Fault.SUBJECT)),
    ("date", http(200, error("Ticket creation date cannot be in the future")), (Refused, Fault.DATE)),
    ("service", http(200, error("Service ID Not Found")), (Refused, Fault.SERVICE)),
    ("domain", http(200, error("Domain ID Not Found")), (Refused, Fault.SERVICE)),
    ("date format", http(200, error("Invalid Date Format")), (Refused, Fault.DATE)),
    ("a hook's text", http(200, error("Blocked sender.")), (Deferred, Scope.MAIL, Fault.OTHER, None)),
    (
        "a hook's text that holds other words",
        http(200, error("Access denied: subject is required to be polite")),
        (Deferred, Scope.MAIL, Fault.OTHER, None),
    ),
]


@pytest.mark.parametrize(("answer", "expected"), [row[1:] for row in WRITES], ids=[row[0] for row in WRITES])
async def test_a_call_that_writes(script, whmcs, read, answer, expected):
    """Every answer has one outcome, and a request that left is never sent again by itself."""
    script.answers = [answer]

    outcome = await perform(whmcs, read)

    assert gist(outcome) == expected
    assert sum(b"action=OpenTicket" in body for body in script.bodies) == 1


async def test_a_write_that_was_never_sent(connect, read, free_url):
    """Nobody listens: Deferred, the helpdesk's fault, surely without effect."""
    async with connect(free_url) as whmcs:
        outcome = await perform(whmcs, read)

    assert gist(outcome) == (Deferred, Scope.HELPDESK, None, None)
    assert free_url.rpartition("/includes")[0] in outcome.reason


async def test_a_write_that_is_not_answered_in_time(script, connect, read):
    """A read time-out is Unknown and late: the helpdesk may still be at work."""
    script.answers = [None]
    async with connect(script.url, timeout=1.0) as whmcs:
        assert gist(await perform(whmcs, read)) == (Unknown, True, None)


async def test_no_free_connection_is_never_sent(script, connect, read):
    """Who waits for a connection past the deadline has sent nothing. A long text has longer than a short one."""
    script.answers = [None]
    async with connect(script.url, timeout=0.5, concurrency=1) as whmcs:
        outcomes = await asyncio.gather(perform(whmcs, read, LONG), perform(whmcs, read))

    assert [gist(outcome) for outcome in outcomes] == [
        (Unknown, True, None),
        (Deferred, Scope.HELPDESK, None, None),
    ]


@pytest.mark.parametrize("answer", [http(403, PAGE), http(406, PAGE), http(413, PAGE)])
async def test_a_firewall_that_blocks_everything(script, whmcs, read, answer):
    """A 4xx without JSON is everybody's trouble where the probe does not pass either."""
    script.rest = answer

    assert gist(await perform(whmcs, read)) == (Deferred, Scope.HELPDESK, None, None)


GONE = [
    ("a reply to a ticket that is gone", error("Ticket ID not found"), REPLY, (Refused, Fault.GONE)),
    ("a reply of a contact that is gone", error("Contact ID Not Found"), REPLY, (Refused, Fault.GONE)),
    ("a reply in the future", error("Reply creation date cannot be in the future"), REPLY, (Refused, Fault.DATE)),
    ("a reply that is done", OK, REPLY, Done(7)),
]


@pytest.mark.parametrize(("body", "call", "expected"), [row[1:] for row in GONE], ids=[row[0] for row in GONE])
async def test_a_reply(script, whmcs, read, body, call, expected):
    """AddTicketReply tells no id: it is Done for the ticket that it names."""
    script.answers = [http(200, body)]

    assert gist(await perform(whmcs, read, call)) == expected


FOUND = b'{"result":"success","ticketid":"7","tid":"516757","deptid":"1","replies":{"reply":[{"replyid":"0","message":"Hi"}]}}'
ONCE, THRICE = 1, 3
READS = [
    ("success", http(200, FOUND), 7, ONCE),
    ("no answer at all", b"", (Deferred, Scope.HELPDESK, None, None), THRICE),
    ("503", http(503, PAGE, "Retry-After: 9"), (Deferred, Scope.HELPDESK, None, 9.0), THRICE),
    ("200 and empty", http(200, b""), (Deferred, Scope.HELPDESK, None, None), THRICE),
    ("200 and truncated", http(200, FOUND[:-5]), (Deferred, Scope.HELPDESK, None, None), THRICE),
    ("200 and a page", http(200, PAGE), (Deferred, Scope.HELPDESK, None, None), THRICE),
    ("429", http(429, PAGE, "Retry-After: 7"), (Deferred, Scope.HELPDESK, None, 7.0), ONCE),
    ("wrong IP", http(403, error("Invalid IP 203.0.113.9")), (Deferred, Scope.HELPDESK, None, None), ONCE),
    ("wrong credentials", http(403, error("Authentication Failed")), (Deferred, Scope.HELPDESK, None, None), ONCE),
    (
        "role",
        http(403, error('Invalid Permissions: API action "getticket" is not allowed')),
        (Deferred, Scope.HELPDESK, Fault.ROLE, None),
        ONCE,
    ),
    ("firewall", http(403, PAGE), (Deferred, Scope.HELPDESK, None, None), ONCE),
    ("404", http(404, PAGE), (Deferred, Scope.HELPDESK, None, None), ONCE),
    ("301", http(301, PAGE, "Location: /x"), (Deferred, Scope.HELPDESK, None, None), ONCE),
    ("not there", http(200, error("Ticket ID Not Found")), None, ONCE),
    ("anything else", http(200, error("Down for tea")), (Deferred, Scope.MAIL, Fault.OTHER, None), ONCE),
    ("without an id", http(200, OK), (Deferred, Scope.MAIL, Fault.OTHER, None), ONCE),
]


@pytest.mark.parametrize(("answer", "expected", "times"), [row[1:] for row in READS], ids=[row[0] for row in READS])
async def test_a_call_that_reads(script, whmcs, answer, expected, times):
    """What asking again may mend is asked three times; then it is Deferred. Nothing there is None."""
    script.rest = answer

    ticket = await whmcs.ticket(7)

    assert (gist(ticket) if ticket is None or isinstance(ticket, Deferred) else ticket.ticket_id) == expected
    assert sum(b"action=GetTicket&" in body for body in script.bodies) == times


async def test_a_read_that_is_blocked_alone(script, whmcs):
    """Where the probe passes, only this mail waits."""
    script.answers = [http(403, PAGE)]

    assert gist(await whmcs.client("o'brien@example.org")) == (Deferred, Scope.MAIL, Fault.BLOCKED, None)


async def test_a_read_that_comes_good(script, whmcs):
    """A read that is cut once is asked again and answered."""
    script.answers = [b"", http(200, FOUND)]

    assert (await whmcs.ticket(7)).number == "516757"


async def test_a_read_that_was_never_sent(connect, free_url):
    """Nobody listens: Deferred, and the probe says the same."""
    async with connect(free_url) as whmcs:
        assert gist(await whmcs.ticket(7)) == (Deferred, Scope.HELPDESK, None, None)
        assert gist(await whmcs.probe()) == (Deferred, Scope.HELPDESK, None, None)


@pytest.mark.parametrize("message", ['Invalid API Action: "getusers" is not a valid api action', "Command not found"])
async def test_an_action_that_an_old_helpdesk_lacks(script, whmcs, message):
    """GetUsers came with 8.1: before, the feature is off."""
    script.rest = http(200, error(message))

    assert isinstance(await whmcs.users("ugo@example.org"), Denied)


async def test_another_ticket_than_asked_for_is_none(script, whmcs):
    """MySQL reads "7abc" as 7: the number that comes back has to be the one that was asked."""
    script.rest = http(200, FOUND)

    assert await whmcs.ticket_by_number("516757abc") is None
    assert (await whmcs.ticket_by_number("516 757")).ticket_id == 7


async def test_another_client_than_asked_for_is_none(script, whmcs):
    """MySQL finds ü for u: the address that comes back has to be the one that was asked."""
    script.rest = http(200, '{"result":"success","client":{"id":1,"email":"müller@example.org"}}'.encode())

    assert await whmcs.client("muller@example.org") is None
    assert await whmcs.client("MüLLER@example.org") == 1


async def test_a_list_without_end_is_no_answer(script, whmcs):
    """A list that always has news is given up: half of it proves no absence."""
    count = 0

    def page():
        nonlocal count
        count += 1
        rows = ",".join(f'{{"id":"{count * 1000 + n}"}}' for n in range(250))
        return http(200, f'{{"result":"success","tickets":{{"ticket":[{rows}]}}}}'.encode())

    script.answers = [page() for _ in range(60)]

    assert gist(await whmcs.tickets_of_address("a@example.org")) == (Deferred, Scope.MAIL, Fault.OTHER, None)


async def test_a_page_that_comes_again_ends_the_list(script, whmcs):
    """A helpdesk that ignores the offset tells its one page for ever; it is read once."""
    script.rest = http(200, b'{"result":"success","totalresults":"900","tickets":{"ticket":[{"id":"1"},{"id":"2"}]}}')

    found = await whmcs.tickets_of_address("a@example.org")

    assert [heading.ticket_id for heading in found] == [1, 2]
