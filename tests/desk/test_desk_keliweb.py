"""Keliweb's face: tokens that end, three calls over the same tickets, Laravel's refusals, the same faults."""

import ssl
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from ingestd.desk import Desk, DeskSettings, KeliwebFace, Rule

# Loading the list of authorities would take longer than the tests.
NO_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
FACE = KeliwebFace("7", "cs3cret", "us@example.com", "pw0rd", token="fixed")
PASSWORD = {"grant_type": "password", "username": "us@example.com", "password": "pw0rd"}
TICKET = {"deptid": "1", "subject": "Hello", "message": "Some words", "name": "Gina", "email": "gina@example.org"}


class Keliweb:
    """A desk that shows this face, its clock, and a client of it."""

    def __init__(self, client, **settings):
        self.now = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
        self.desk = Desk(DeskSettings("id", "word", keliweb=FACE, **settings), clock=lambda: self.now)
        self.http = client

    async def token(self, **fields):
        known = {"client_id": "7", "client_secret": "cs3cret"}
        return await self.http.post(self.desk.token_url, data={**known, **fields})

    async def __call__(self, call, token="fixed", /, **fields):
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        return await self.http.post(f"{self.desk.url}/{call}", data=fields, headers=headers)


@pytest.fixture
async def keliweb():
    async with httpx.AsyncClient(timeout=10, trust_env=False, verify=NO_TLS) as client:
        keliweb = Keliweb(client, post_max_size=2000)
        await keliweb.desk.start()
        yield keliweb
        await keliweb.desk.stop()


async def test_a_ticket_a_reply_and_both_read_back(keliweb):
    """The three calls, in WHMCS's shapes, over the desk's own tickets."""
    opened = (await keliweb("open-ticket", **TICKET, priority="High")).json()
    replied = (
        await keliweb("add-ticket-reply", ticketid=opened["id"], message="More", name="G", email="g@x.org")
    ).json()
    read = (await keliweb("get-ticket", ticketnum=opened["tid"])).json()

    assert ("success", {"result": "success"}) == (opened["result"], replied)
    assert (opened["id"], "High", ["Some words", "More"]) == (
        read["ticketid"], read["priority"], [reply["message"] for reply in read["replies"]["reply"]],
    )  # fmt: skip
    assert [opened["tid"]] == [ticket["number"] for ticket in keliweb.desk.tickets()]


async def test_only_what_is_documented_is_heard(keliweb):
    """`noemail` and its like are WHMCS's: the mails are sent all the same."""
    await keliweb("open-ticket", **TICKET, noemail="1", created="2020-01-01", clientid="5")

    (ticket,) = keliweb.desk.tickets()
    assert (0, "2026-03-01 12:00:00") == (ticket["posts"][0]["client_id"], ticket["posts"][0]["created"])
    assert ["gina@example.org"] in [mail["to"] for mail in keliweb.desk.mails()]


@pytest.mark.parametrize("token", ["", "wrong", "fixed2"])
async def test_without_a_token_nobody_passes(keliweb, token):
    """401 in Laravel's shape, and nothing is done."""
    answer = await keliweb("open-ticket", token, **TICKET)

    assert (401, {"message": "Unauthenticated."}) == (answer.status_code, answer.json())
    assert [] == keliweb.desk.tickets()


async def test_a_token_serves_for_an_hour(keliweb):
    """By password; it ends, and what comes of its refresh token serves on, which itself serves once and ten days."""
    first = (await keliweb.token(**PASSWORD)).json()
    assert ("Bearer", 3600, 200) == (first["token_type"], first["expires_in"], await status(keliweb, first))

    keliweb.now += timedelta(hours=1)
    assert 401 == await status(keliweb, first)
    refresh = {"grant_type": "refresh_token", "refresh_token": first["refresh_token"]}
    second = (await keliweb.token(**refresh)).json()
    assert 200 == await status(keliweb, second)
    assert 401 == (await keliweb.token(**refresh)).status_code
    keliweb.now += timedelta(days=10)
    late = await keliweb.token(**{**refresh, "refresh_token": second["refresh_token"]})
    assert 401 == late.status_code


async def status(keliweb, granted):
    return (await keliweb("get-ticket", granted["access_token"], ticketid="1")).status_code


@pytest.mark.parametrize(
    ("wrong", "status", "code"),
    [
        ({"password": "no"}, 400, "invalid_grant"),
        ({"client_secret": "no"}, 401, "invalid_client"),
        ({"grant_type": "implicit"}, 400, "unsupported_grant_type"),
        ({"grant_type": "refresh_token", "refresh_token": ""}, 401, "invalid_request"),
    ],
)
async def test_a_refused_grant_says_why(keliweb, wrong, status, code):
    """RFC 6749 section 5.2."""
    answer = await keliweb.token(**{**PASSWORD, **wrong})

    assert (status, code) == (answer.status_code, answer.json()["error"])


async def test_what_is_missing_is_told_by_field(keliweb):
    """422 with the errors of each field; a rule of business is told as WHMCS tells it."""
    answer = await keliweb("open-ticket", deptid="1", subject="")
    unknown = await keliweb("open-ticket", **{**TICKET, "deptid": "9"})

    assert (422, {"subject", "message"}) == (answer.status_code, answer.json()["errors"].keys())
    assert (200, "Department ID not found") == (unknown.status_code, unknown.json()["message"])


async def test_a_body_beyond_the_limit_is_refused_whole(keliweb):
    """413, before anything else is looked at."""
    answer = await keliweb("open-ticket", "", **{**TICKET, "message": "x" * 3000})

    assert 413 == answer.status_code


async def test_faults_strike_here_too(keliweb):
    """By WHMCS's name of the action; the effect is there, the answer is not."""
    keliweb.desk.add_fault(Rule("commit_then_502", action="OpenTicket", times=1))
    keliweb.desk.add_fault(Rule("500", action="token", times=1))

    assert 502 == (await keliweb("open-ticket", **TICKET)).status_code
    assert 1 == len(keliweb.desk.tickets())
    assert 500 == (await keliweb.token(**PASSWORD)).status_code


async def test_secrets_are_not_kept(keliweb):
    """The log of requests shows who asked for what, and no token."""
    granted = (await keliweb.token(**PASSWORD)).json()
    await keliweb.token(grant_type="refresh_token", refresh_token=granted["refresh_token"])

    assert ["password", "refresh_token"] == [request["fields"]["grant_type"] for request in keliweb.desk.log()]
    secrets = ("cs3cret", "pw0rd", granted["refresh_token"], granted["access_token"])
    assert [] == [word for word in secrets if word in str(keliweb.desk.log()) + repr(FACE)]


async def test_the_other_face_is_not_shown(keliweb):
    """One installation has one API."""
    assert 404 == (await keliweb.http.post(f"{keliweb.desk.page_url}includes/api.php")).status_code
