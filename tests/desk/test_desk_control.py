"""Control over HTTP, for tests in other processes."""

import hashlib

import pytest


@pytest.fixture
async def controlled(serve):
    """A desk that may be controlled."""
    return await serve(control=True)


async def test_control_must_be_switched_on(call):
    """Without, its paths are not there."""
    answer = await call.http.get(f"{call.desk.page_url}_desk/log")

    assert answer.status_code == 404


async def test_faults_are_set_seen_and_cleared(controlled):
    """By name, with their limits; the list says how often each struck."""
    url = f"{controlled.desk.page_url}_desk/faults"

    await controlled.http.post(url, json={"action": "openticket", "fault": "503", "times": 1, "retry_after": "9"})
    struck = await controlled.post("OpenTicket")
    shown = (await controlled.http.get(url)).json()
    await controlled.http.delete(url)

    assert (struck.status_code, struck.headers["retry-after"]) == (503, "9")
    assert [(rule["fault"], rule["times"], rule["struck"]) for rule in shown] == [("503", 1, 1)]
    assert (await controlled.http.get(url)).json() == []


@pytest.mark.parametrize("rule", [{"fault": "nonsense"}, {"fault": "503", "colour": "red"}, {}, []])
async def test_a_rule_that_means_nothing_is_refused(controlled, rule):
    """A test with a slip of the pen must not pass by accident."""
    answer = await controlled.http.post(f"{controlled.desk.page_url}_desk/faults", json=rule)

    assert answer.status_code == 400


async def test_seeds_log_mails_and_tickets(controlled, attached):
    """Everything that a test in another process has to know."""
    base = f"{controlled.desk.page_url}_desk"
    seed = {
        "clients": [{"client_id": 30, "firstname": "Nina", "lastname": "New", "email": "nina@example.com"}],
        "users": [{"user_id": 31, "firstname": "U", "lastname": "V", "email": "u@example.com", "owns": [30]}],
        "tickets": [
            {"subject": "Old", "client_id": 30, "number": "A-1", "cc": ["x@y.org"], "replies": [{"message": "r"}]}
        ],
    }

    planted = (await controlled.http.post(f"{base}/seed", json=seed)).json()
    await controlled.open(clientid=30, attachments=attached(("a.txt", b"abc")))

    assert planted == [{"ticket_id": 1, "number": "A-1"}]
    old, new = (await controlled.http.get(f"{base}/tickets")).json()
    assert (old["number"], old["cc"], [post["message"] for post in old["posts"]]) == (
        "A-1",
        ["x@y.org"],
        ["First words", "r"],
    )
    file = new["posts"][0]["files"][0]
    assert (file["name"], file["size"], file["sha256"]) == ("a.txt", 3, hashlib.sha256(b"abc").hexdigest())
    log = (await controlled.http.get(f"{base}/log")).json()
    assert [(line["action"], line["outcome"]) for line in log] == [("openticket", "success")]
    mails = (await controlled.http.get(f"{base}/mails")).json()
    assert [mail["to"] for mail in mails] == [["staff"], ["nina@example.com"]]


async def test_a_ticket_can_be_made_to_vanish(controlled):
    """As when an admin deletes it."""
    await controlled.open()
    url = f"{controlled.desk.page_url}_desk/tickets/1"

    first, second = await controlled.http.delete(url), await controlled.http.delete(url)

    assert (first.status_code, second.status_code) == (200, 404)
    assert controlled.desk.tickets() == []


async def test_a_web_page_cannot_set_faults(controlled):
    """A form or a simple fetch of another origin sends no JSON type; asking for one needs a permission nobody gives."""
    url = f"{controlled.desk.page_url}_desk/faults"

    answer = await controlled.http.post(url, content='{"fault": "503"}', headers={"content-type": "text/plain"})

    assert answer.status_code == 415


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("localhost", 200),
        ("LOCALHOST:8027", 200),
        ("127.0.0.1:1", 200),
        ("127.9.9.9", 200),
        ("[::1]:8027", 200),
        ("rebound.example.org", 421),
        ("localhost.example.org", 421),
        ("192.0.2.1", 421),
        ("", 421),
    ],
)
@pytest.mark.parametrize("path", ["", "_desk/tickets"])
async def test_only_loopback_names_are_answered(controlled, host, status, path):
    """A name that was pointed here from outside (DNS rebinding) shows nothing."""
    answer = await controlled.http.get(f"{controlled.desk.page_url}{path}", headers={"host": host})

    assert answer.status_code == status


async def test_further_names_can_be_allowed(serve):
    """For a desk behind another name; the API minds no name, it has credentials."""
    call = await serve(page_hosts=("desk.example.org",))

    page = await call.http.get(call.desk.page_url, headers={"host": "desk.example.org:80"})
    api = await call.http.post(call.desk.url, headers={"host": "rebound.example.org"})

    assert (page.status_code, api.status_code) == (200, 403)
