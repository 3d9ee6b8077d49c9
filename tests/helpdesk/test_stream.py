"""The request on the line: exact, cut short without effect, stopped by the guard, silent about secrets."""

import asyncio
import gzip
import logging
import random
import ssl
import subprocess
from urllib.parse import parse_qsl

import pytest
import structlog
from scripted import OK, http

from ingestd.core.errors import ConfigError
from ingestd.core.model import Guest, Literal
from ingestd.core.ticket import AddTicketReply, Deferred, Done, Fault, File, Scope, Unknown
from ingestd.helpdesk.answer import Silence
from ingestd.helpdesk.settings import WhmcsSettings
from ingestd.helpdesk.whmcs import Whmcs

GUEST = Guest("Anna Rossi", "anna@example.org")
DATA = random.Random(3).randbytes(300_000)
SMALL = AddTicketReply(7, "Good day", GUEST)
LARGE = AddTicketReply(7, "Good day", GUEST, (File("big.bin", len(DATA), Literal(DATA)),))
CREDENTIALS = b"&identifier=" + b"i" * 32 + b"&secret=" + b"s3cr3t" * 5


def yes():
    return True


async def test_the_request_is_as_announced(script, whmcs, read):
    """One POST: exact length, JSON asked for, who is asking, no compression; the form reads back as it was meant."""
    await whmcs.perform(LARGE, None, "[ref:x-1]", read, yes)

    (head,), (body,) = script.heads, script.bodies
    lines = dict(line.lower().split(": ", 1) for line in head.split("\r\n")[1:] if line)
    assert head.startswith("POST /includes/api.php HTTP/1.1\r\n")
    assert lines["content-length"] == str(len(body))
    assert lines["content-type"] == "application/x-www-form-urlencoded"
    assert (lines["accept"], lines["accept-encoding"]) == ("application/json", "identity")
    assert lines["user-agent"].startswith("ingestd/")
    assert "transfer-encoding" not in lines
    fields = dict(parse_qsl(body.decode("ascii"), keep_blank_values=True))
    assert fields.keys() == {
        *("action", "ticketid", "message", "name", "email", "responsetype", "attachments", "identifier", "secret")
    }
    assert (fields["message"], fields["responsetype"]) == ("Good day\n\n[ref:x-1]", "json")


async def test_an_answer_in_a_coding_that_nobody_asked_for(script, whmcs, read):
    """A server that compresses all the same is understood."""
    script.answers = [http(200, gzip.compress(OK), "Content-Encoding: gzip")]

    assert Done(7) == await whmcs.perform(SMALL, None, "", read, yes)


@pytest.mark.parametrize("length", ["Content-Length: 6", "Content-Length: 6\r\nConnection: close"])
async def test_a_refusal_in_a_coding_that_it_is_not_in(script, whmcs, read, length):
    """What cannot be decoded has still its status: it surely had no effect, whether it came whole or not."""
    script.answers = [f"HTTP/1.1 403 X\r\nContent-Encoding: gzip\r\n{length}\r\n\r\n<html>".encode()]

    outcome = await whmcs.perform(SMALL, None, "", read, yes)

    assert (Deferred, Fault.BLOCKED) == (type(outcome), outcome.fault)


@pytest.mark.parametrize("call", [SMALL, LARGE])
async def test_the_credentials_are_the_last_bytes(script, whmcs, read, call):
    """A body that was cut anywhere lacks the secret, so that nothing can come of it."""
    await whmcs.perform(call, None, "", read, yes)

    (body,) = script.bodies
    assert body.endswith(CREDENTIALS)
    assert body.count(b"s3cr3t") == 5


async def test_the_guard_is_asked_before_anything_leaves(script, whmcs, read):
    """Too late at the outset: Deferred, and the helpdesk has heard no body."""
    for call in (SMALL, LARGE):
        outcome = await whmcs.perform(call, None, "", read, lambda: False)

        assert (type(outcome), outcome.scope) == (Deferred, Scope.MAIL)
    assert [body for body in script.bodies if body] == []


async def test_the_guard_is_asked_before_the_last_piece(script, whmcs, read):
    """Too late in the end: the request is cut and the outcome Unknown, with nobody at work on it."""
    answers = [True, False]

    outcome = await whmcs.perform(LARGE, None, "", read, lambda: answers.pop(0))

    assert (type(outcome), outcome.late, answers) == (Unknown, False, [])
    assert [body for body in script.bodies if body] == []


async def test_a_small_body_is_one_piece(whmcs, read):
    """First and last piece are one: the guard is asked once."""
    answers = [True]

    assert await whmcs.perform(SMALL, None, "", read, lambda: answers.pop(0)) == Done(7)


async def test_a_connection_cut_on_the_way(script, whmcs, read):
    """The line breaks while files are sent: Unknown, but nobody can be at work on half a request."""
    script.cut_at = 1000

    data = bytes(12_000_000)
    outcome = await whmcs.perform(
        AddTicketReply(7, "m", GUEST, (File("big.bin", len(data), Literal(data)),)), None, "", read, yes
    )

    assert (type(outcome), outcome.late) == (Unknown, False)


@pytest.mark.parametrize(
    ("body", "expected"),
    [(OK, Unknown), (b'{"result":"error","message":"Authentication Failed"}', Deferred)],
    ids=["success", "error"],
)
async def test_half_a_request_may_fail_but_not_succeed(script, whmcs, read, body, expected):
    """PHP refuses unread what is too large for it; but nothing has an effect whose credentials were not sent."""
    script.early = http(200, body)

    data = bytes(12_000_000)
    outcome = await whmcs.perform(
        AddTicketReply(7, "m", GUEST, (File("big.bin", len(data), Literal(data)),)), None, "", read, yes
    )
    while script.now:
        await asyncio.sleep(0.01)

    assert expected is type(outcome)
    assert None in script.bodies


@pytest.mark.parametrize("announced", [10, len(DATA) - 1, len(DATA) + 1])
async def test_a_file_of_another_size_is_not_sent(script, whmcs, read, announced):
    """A file must hold what was announced: the request is cut, without effect, and the next one passes."""
    call = AddTicketReply(7, "m", GUEST, (File("big.bin", announced, Literal(DATA)),))

    outcome = await whmcs.perform(call, None, "", read, yes)

    assert (type(outcome), outcome.scope, outcome.fault) == (Deferred, Scope.MAIL, Fault.OTHER)
    assert [body for body in script.bodies if body] == []
    assert await whmcs.perform(SMALL, None, "", read, yes) == Done(7)


async def test_a_file_that_cannot_be_read_is_no_exception(script, whmcs):
    """Whatever the reader raises becomes a Deferred; the reader is closed."""
    closed = []

    async def broken(source):
        try:
            yield DATA[:100_000]
            raise OSError("/var/spool/secret/path")
        finally:
            closed.append(source)

    outcome = await whmcs.perform(LARGE, None, "", broken, yes)

    assert (type(outcome), outcome.fault) == (Deferred, Fault.OTHER)
    assert "/var" not in outcome.reason
    assert len(closed) == 1
    assert [body for body in script.bodies if body] == []


async def test_a_reader_is_closed_when_the_line_breaks(script, whmcs):
    """A request that ends early leaves no file open."""
    closed = []

    async def endless(source):
        try:
            while True:
                yield bytes(900_000)
        finally:
            closed.append(source)

    script.cut_at = 1000
    await whmcs.perform(
        AddTicketReply(7, "m", GUEST, (File("big.bin", 90_000_000, Literal(b"")),)), None, "", endless, yes
    )

    assert len(closed) == 1


async def test_a_cancelled_call_frees_its_connection(script, connect, read):
    """Cancelling passes through, and the connection serves the next call."""
    script.answers = [None]
    async with connect(script.url, concurrency=1) as whmcs:
        call = asyncio.create_task(whmcs.perform(SMALL, None, "", read, yes))
        await script.heard.wait()
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call

        assert await whmcs.perform(SMALL, None, "", read, yes) == Done(7)


@pytest.mark.parametrize("warning", [False, True])
@pytest.mark.parametrize("action_first", [False, True])
async def test_a_body_that_php_drops(hire, read, warning, action_first):
    """Beyond post_max_size PHP drops every field and runs on: DROPPED with the size, not bad credentials."""
    settings = {"post_max_size": 200_000, "post_warning": warning, "action_before_credentials": action_first}
    async with hire(**settings) as (desk, whmcs):
        outcome = await whmcs.perform(LARGE, None, "", read, yes)

        assert (type(outcome), outcome.scope, outcome.fault) == (Deferred, Scope.MAIL, Fault.DROPPED)
        assert 530_000 < outcome.size < 540_000
        assert desk.tickets() == []


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (http(413, b"<html>Request Entity Too Large</html>"), Fault.DROPPED),
        (http(403, b"result=error;message=Authentication Failed;"), Fault.DROPPED),
        (http(200, b"result=error;message=Invalid or missing credentials"), Fault.DROPPED),
        (http(403, b'{"result":"error","message":"Invalid IP 203.0.113.9"}'), Fault.DROPPED),
        (http(400, b"<b>Warning</b>: POST Content-Length of 9 bytes exceeds the limit of 8 bytes"), Fault.DROPPED),
        (http(403, b"<html>Access Denied by the firewall</html>"), Fault.BLOCKED),
    ],
)
async def test_a_large_body_refused_while_the_probe_passes(script, whmcs, read, answer, expected):
    """What looks like bad credentials, or says that it is too large, is about the size of this body."""
    script.answers = [answer]

    outcome = await whmcs.perform(LARGE, None, "", read, yes)

    assert (outcome.scope, outcome.fault) == (Scope.MAIL, expected)


async def test_bad_credentials_remain_bad_for_a_large_body(script, whmcs, read):
    """Where the probe is refused too, it is our configuration."""
    script.rest = http(403, b'{"result":"error","message":"Authentication Failed"}')

    outcome = await whmcs.perform(LARGE, None, "", read, yes)

    assert (outcome.scope, outcome.fault) == (Scope.HELPDESK, None)
    assert "helpdesk.secret" in outcome.reason


def test_a_deadline_grows_with_the_body():
    """The time-out, plus the body at 256 KiB a second."""
    data = bytes(3 * 1024 * 1024)
    whmcs = Whmcs(WhmcsSettings("http://127.0.0.1:1/", "i", "s", timeout=30.0))
    large = AddTicketReply(7, "m", GUEST, (File("a", len(data), Literal(data)),))

    assert 30.0 < whmcs.deadline(SMALL) < 31.0
    assert 51.0 < whmcs.deadline(large) < 53.0


async def test_no_more_connections_than_configured(script, connect):
    """Of many calls at once, `concurrency` are on the line."""
    script.rest = http(200, OK)
    async with connect(script.url, concurrency=2) as whmcs:
        await asyncio.gather(*(whmcs.probe() for _ in range(9)))

    assert (len(script.heads), script.most) == (9, 2)


async def test_the_environment_names_no_proxy(script, connect, read, free_url, monkeypatch):
    """Only the configuration says where requests go."""
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, free_url)
    async with connect(script.url) as whmcs:
        assert await whmcs.perform(SMALL, None, "", read, yes) == Done(7)


async def test_secrets_stay_out_of_logs_and_reasons(script, connect, read, caplog):
    """Neither our log nor httpx's nor any outcome or repr holds credentials or a mail's words."""
    caplog.set_level(logging.DEBUG)
    settings = WhmcsSettings(script.url, "i" * 32, "s3cr3t" * 5, access_key="k3y")
    script.answers = [http(200, OK), b"", http(403, b"<html>"), http(200, b"garbage")]
    with structlog.testing.capture_logs() as events:
        async with connect(script.url, access_key="k3y") as whmcs:
            outcomes = [await whmcs.perform(SMALL, None, "", read, yes) for _ in range(4)]

    told = f"{events} {caplog.text} {outcomes} {settings!r}"
    assert [event["event"] for event in events if event.get("action") == "AddTicketReply"] == ["asked"] * 4
    assert not [word for word in ("s3cr3t", "iiii", "k3y", "Good day", "anna@") if word in told]


def test_a_ca_file_that_is_none_is_named(tmp_path):
    """A private CA that cannot be read is a fault of the configuration."""
    (tmp_path / "ca.pem").write_text("no certificate")

    for name in ("ca.pem", "missing.pem"):
        with pytest.raises(ConfigError, match=f"helpdesk.ca_file: .*{name}"):
            Whmcs(WhmcsSettings("https://127.0.0.1:1/", "i", "s", ca_file=str(tmp_path / name)))


def certificate(folder, name, days=2):
    """A self-signed certificate for this name, and its key; with 0 days it is over once the second is."""
    key, request, cert = folder / "key.pem", folder / "request.pem", folder / "cert.pem"
    (folder / "names").write_text(f"subjectAltName={name}")
    new = f"req -new -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout {key} -out {request} -subj /CN=x"
    for words in (new, f"x509 -req -in {request} -signkey {key} -days {days} -extfile {folder}/names -out {cert}"):
        subprocess.run(["openssl", *words.split()], check=True, capture_output=True)
    return cert, key


async def until_over(cert):
    while (
        subprocess.run(["openssl", "x509", "-checkend", "0", "-in", cert], capture_output=True, check=False).returncode
        == 0
    ):
        await asyncio.sleep(0.05)


async def test_a_call_that_is_cut_leaves_nothing_behind(script, connect, read):
    """Who was cut by its deadline leaves no connection half used: the next call has a fresh one and passes."""
    script.answers = [None]
    async with connect(script.url, concurrency=1) as whmcs:
        now = asyncio.get_running_loop().time()

        exchange, _ = await whmcs._line.send((("action", "GetTicket"),), now + 0.2)
        assert isinstance(exchange, Silence)
        assert Done(7) == await whmcs.perform(SMALL, None, "", read, yes)
        assert Done(7) == await whmcs.perform(SMALL, None, "", read, yes)


@pytest.mark.parametrize(
    ("name", "days", "trusted", "words"),
    [
        ("IP:127.0.0.1", 2, True, ""),
        ("IP:127.0.0.1", 2, False, "self-signed certificate"),
        ("IP:127.0.0.2", 2, True, "IP address mismatch"),
        ("IP:127.0.0.1", 0, True, "certificate has expired"),
    ],
    ids=["good", "unknown", "another's", "expired"],
)
async def test_only_a_good_certificate_hears_us(script, connect, read, tmp_path, name, days, trusted, words):
    """TLS is verified: unknown, another's or expired, the server gets no byte of ours; it is everybody's trouble, named."""
    cert, key = certificate(tmp_path, name, days)
    if not days:
        await until_over(cert)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(cert, key)
    server = await asyncio.start_server(script.serve, "127.0.0.1", 0, ssl=context)
    url = f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}/includes/api.php"

    async with server, connect(url, ca_file=str(cert) if trusted else "") as whmcs:
        outcome = await whmcs.perform(SMALL, None, "", read, yes)

    if not words:
        assert Done(7) == outcome
        return
    assert (Scope.HELPDESK, []) == (outcome.scope, script.bodies)
    assert words in outcome.reason


async def test_a_large_call_arrives_over_tls(script, connect, read, tmp_path):
    """Each piece of a body leaves without a word of the other side, also where the line is encrypted."""
    cert, key = certificate(tmp_path, "IP:127.0.0.1")
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(cert, key)
    server = await asyncio.start_server(script.serve, "127.0.0.1", 0, ssl=context)
    url = f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}/includes/api.php"

    async with server, connect(url, ca_file=str(cert), timeout=2.0) as whmcs:
        outcome = await whmcs.perform(LARGE, None, "", read, yes)

    assert Done(7) == outcome
    assert script.bodies[0].endswith(CREDENTIALS)


async def test_a_name_that_does_not_resolve_is_everybodys_trouble(connect, read):
    """Nothing was sent; the reason names the host. (RFC 6761 section 6.4: .invalid never resolves.)"""
    async with connect("http://helpdesk.invalid/includes/api.php") as whmcs:
        outcome = await whmcs.perform(SMALL, None, "", read, yes)

    assert (Deferred, Scope.HELPDESK) == (type(outcome), outcome.scope)
    assert "http://helpdesk.invalid" in outcome.reason
