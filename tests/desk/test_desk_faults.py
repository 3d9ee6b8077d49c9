"""Each way of going wrong, seen from a client's socket."""

import asyncio

import httpx
import pytest

from ingestd.desk import Rule
from ingestd.desk.faults import FAULTS, Faults


async def fail(call, **fields):
    """One OpenTicket under the fault; its response or the kind of its failure."""
    plain = {"deptid": 1, "subject": "Hello", "message": "Words", "name": "Gina", "email": "gina@example.org"}
    try:
        return await call.post("OpenTicket", **{**plain, **fields})
    except httpx.TransportError as error:
        return type(error)


@pytest.mark.parametrize(("fault", "effect"), [("commit_then_cut", 1), ("cut_before", 0), ("late_cut", 1)])
@pytest.mark.parametrize("reset", [True, False])
async def test_a_cut_connection_gives_no_answer(call, fault, effect, reset):
    """By RST or FIN, before or after the ticket is there."""
    call.desk.add_fault(Rule(fault, reset=reset, seconds=0.01))

    outcome = await fail(call)

    assert outcome in (httpx.ReadError, httpx.RemoteProtocolError)
    assert len(call.desk.tickets()) == effect


async def test_a_reset_is_a_reset(call):
    """RST reaches the client as ECONNRESET, not as an end of file."""
    call.desk.add_fault(Rule("cut_before"))
    host, port = call.http.build_request("GET", call.desk.page_url).url.netloc.split(b":")
    reader, writer = await asyncio.open_connection(host.decode(), int(port))
    writer.write(b"POST /includes/api.php HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n")

    with pytest.raises(ConnectionResetError):
        await reader.read()

    writer.close()


@pytest.mark.parametrize(
    ("fault", "status", "effect"),
    [
        ("commit_then_500", 500, 1),
        ("commit_then_502", 502, 1),
        ("commit_then_504", 504, 1),
        ("html", 200, 0),
        ("403_waf", 403, 0),
        ("413", 413, 0),
        ("413_early", 413, 0),
        ("429", 429, 0),
        ("500", 500, 0),
        ("503", 503, 0),
        ("overload", 503, 0),
    ],
)
async def test_pages_of_proxies_are_html(call, fault, status, effect):
    """Never the helpdesk's JSON, whatever the status; with or without the ticket."""
    call.desk.add_fault(Rule(fault, seconds=60))

    answer = await fail(call)

    assert (answer.status_code, answer.headers["content-type"]) == (status, "text/html; charset=utf-8")
    assert answer.text.startswith("<!DOCTYPE html>")
    assert len(call.desk.tickets()) == effect


async def test_any_status_can_be_had(call):
    """With a Retry-After and words of its own."""
    call.desk.add_fault(Rule("status", status=405, retry_after="17", message="no"))

    answer = await fail(call)

    assert (answer.status_code, answer.headers["retry-after"], answer.text) == (405, "17", "no")


@pytest.mark.parametrize(("fault", "effect"), [("empty", 1), ("empty_before", 0)])
async def test_an_empty_answer(call, fault, effect):
    """200 and nothing."""
    call.desk.add_fault(Rule(fault))

    answer = await fail(call)

    assert (answer.status_code, answer.content, len(call.desk.tickets())) == (200, b"", effect)


async def test_the_effect_can_be_switched(call):
    """Every fault does or does not do the action, as the rule says."""
    call.desk.add_fault(Rule("empty", effect=False))

    await fail(call)

    assert call.desk.tickets() == []


async def test_half_an_answer(call):
    """JSON that ends in the middle."""
    call.desk.add_fault(Rule("truncated"))

    answer = await fail(call)

    assert answer.text.startswith('{"result": "success"') and not answer.text.endswith("}")


async def test_something_before_the_answer(call):
    """A PHP warning, or a byte order mark; the JSON behind it is whole."""
    call.desk.add_fault(Rule("php_notice", times=1))
    call.desk.add_fault(Rule("bom", times=1))

    notice, marked = await fail(call), await fail(call)

    assert notice.text.startswith("<br />\n<b>Warning</b>") and notice.text.endswith("}")
    assert marked.content.startswith(b'\xef\xbb\xbf{"result"')


@pytest.mark.parametrize(
    ("fault", "status", "message"),
    [
        ("hook", 200, "Your email address is blocked from submitting tickets."),
        ("wrong_ip", 403, "Invalid IP 127.0.0.1"),
        ("bad_credentials", 403, "Authentication Failed"),
        ("role_denied", 403, 'Invalid Permissions: API action "openticket" is not allowed'),
    ],
)
async def test_errors_in_the_helpdesks_own_words(call, fault, status, message):
    """JSON, as from the real gate or a validation hook."""
    call.desk.add_fault(Rule(fault))

    answer = await fail(call)

    assert (answer.status_code, answer.json()) == (status, {"result": "error", "message": message})


async def test_a_hook_says_what_it_likes(call):
    """Free text."""
    call.desk.add_fault(Rule("hook", message="No, {thanks}!"))

    assert (await fail(call)).json()["message"] == "No, {thanks}!"


async def test_a_late_effect_comes_after_the_client_gave_up(call):
    """The client times out and goes; the ticket is there some time later."""
    call.desk.add_fault(Rule("late", seconds=0.4))
    call.http.timeout = 0.1

    assert await fail(call) == httpx.ReadTimeout

    await _until(lambda: len(call.desk.tickets()) == 1)


async def test_a_late_answer_comes_after_the_effect(call):
    """The ticket is there at once; only the answer is not."""
    call.desk.add_fault(Rule("late_answer", seconds=60))

    asked = asyncio.create_task(fail(call))
    await _until(lambda: len(call.desk.tickets()) == 1)

    assert not asked.done()
    await call.desk.suspend()
    assert await asked in (httpx.ReadError, httpx.RemoteProtocolError)


async def _until(done):
    """Waits for something that will happen; the test's time-out ends what does not."""
    while not done():
        await asyncio.sleep(0.01)


@pytest.mark.parametrize(("fault", "effect"), [("hang", 0), ("deaf", 0), ("commit_then_hang", 1)])
async def test_no_answer_at_all(call, fault, effect):
    """The connection stays open and silent."""
    call.desk.add_fault(Rule(fault))
    call.http.timeout = 0.3

    assert await fail(call) == httpx.ReadTimeout

    await _until(lambda: len(call.desk.tickets()) == effect)


async def test_an_answer_in_drops(call):
    """Byte by byte, whole in the end: a time-out per read never strikes."""
    call.desk.add_fault(Rule("drip", seconds=0.001))

    assert (await fail(call)).json()["result"] == "success"


async def test_a_body_that_is_read_slowly_is_read_whole(call):
    """The pause is between pieces, and the request is served in the end."""
    call.desk.add_fault(Rule("slow_body", seconds=0.02))

    answer = await fail(call, message="x" * 300_000)

    assert answer.json()["result"] == "success"
    assert len(call.desk.tickets()[0]["posts"][0]["message"]) == 300_000


async def test_a_fault_strikes_so_many_times(call):
    """And is over then."""
    call.desk.add_fault(Rule("503", times=2))

    assert [(await fail(call)).status_code for _ in range(4)] == [503, 503, 200, 200]


async def test_a_fault_strikes_one_action(call):
    """In any case of its name."""
    call.desk.add_fault(Rule("503", action="AddTicketReply"))

    assert (await fail(call)).status_code == 200
    assert (await call.post("addticketreply", ticketid=1, message="x", clientid=1)).status_code == 503


async def test_a_fault_strikes_a_text(call):
    """In subject or message, whatever the case."""
    call.desk.add_fault(Rule("403_waf", pattern="/etc/PASSWD"))

    answers = [await fail(call), await fail(call, message="see /etc/passwd"), await fail(call, subject="/ETC/passwd?")]

    assert [answer.status_code for answer in answers] == [200, 403, 403]


async def test_a_fault_strikes_a_size(call):
    """A proxy's limit, before the body is read and after."""
    call.desk.add_fault(Rule("413_early", min_size=5000))
    call.desk.add_fault(Rule("413", min_size=1000))

    answers = [await fail(call), await fail(call, message="x" * 2000), await fail(call, message="x" * 9000)]

    assert [answer.status_code for answer in answers] == [200, 413, 413]


async def test_a_fault_spares_what_is_larger(call):
    """Small bodies only: at the door and behind it."""
    call.desk.add_fault(Rule("413_early", min_size=900, max_size=2000))
    call.desk.add_fault(Rule("503", max_size=900))

    answers = [await fail(call), await fail(call, message="x" * 1000), await fail(call, message="x" * 9000)]

    assert [answer.status_code for answer in answers] == [503, 413, 200]


async def test_the_first_rule_that_strikes_decides(call):
    """A used-up rule makes room for the next."""
    call.desk.add_fault(Rule("503", times=1))
    call.desk.add_fault(Rule("429"))

    assert [(await fail(call)).status_code for _ in range(2)] == [503, 429]
    call.desk.clear_faults()
    assert (await fail(call)).status_code == 200


def test_chance_is_repeatable():
    """The same seed strikes the same requests; another does not; the share is about right."""

    def struck(seed):
        faults = Faults(lambda: 0.0)
        faults.add(Rule("503", probability=0.3, seed=seed))
        return [faults.choose("openticket", "", 0) is not None for _ in range(300)]

    assert struck(1) == struck(1) != struck(2)
    assert 60 < sum(struck(1)) < 120


def test_an_overload_ends():
    """After its seconds."""
    now = [0.0]
    faults = Faults(lambda: now[0])
    faults.add(Rule("overload", seconds=5))

    before = faults.choose("openticket", "", 0)
    now[0] = 5.0

    assert before is not None and faults.choose("openticket", "", 0) is None


def test_every_fault_is_tried_here():
    """A new fault comes with its rule in this file."""
    from pathlib import Path

    source = Path(__file__).read_text()
    assert [fault for fault in FAULTS if f'"{fault}"' not in source] == []
