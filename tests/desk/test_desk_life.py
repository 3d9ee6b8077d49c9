"""Starting, stopping, coming back."""

import asyncio
import os
import signal
import stat
import threading

import httpx
import pytest

from ingestd.desk import Desk, DeskSettings, Rule

GUEST = {"deptid": 1, "subject": "Hello", "message": "Words", "name": "Gina", "email": "gina@example.org"}


async def test_tickets_outlive_the_desk(serve, tmp_path):
    """They are in a file that only its owner reads."""
    path = tmp_path / "desk.db"
    first = await serve(database=str(path))
    number = (await first.open())["tid"]
    await first.desk.stop()

    second = await serve(database=str(path))

    assert (await second("GetTicket", ticketnum=number))["tid"] == number
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


async def test_a_suspended_desk_comes_back_on_its_port(call):
    """Nobody listens meanwhile; tickets in memory are kept."""
    await call.open()
    url = call.desk.url

    await call.desk.suspend()
    with pytest.raises(httpx.ConnectError):
        await call.open()
    await call.desk.start()

    assert call.desk.url == url
    assert (await call.open())["id"] == "2"


@pytest.mark.parametrize("fault", ["hang", "deaf", "late", "late_answer"])
async def test_no_fault_keeps_the_desk_from_stopping(call, fault):
    """What waits is cut; a late effect that was not yet done is lost, as with a killed server."""
    call.desk.add_fault(Rule(fault, seconds=60))
    asked = asyncio.create_task(call.open())
    while not (fault == "deaf" or any(line["fault"] for line in call.desk.log())):
        await asyncio.sleep(0.01)

    await call.desk.suspend()

    with pytest.raises(httpx.TransportError):
        await asked
    assert len(call.desk.tickets()) <= (fault == "late_answer")


async def test_stop_can_be_called_twice_and_without_start():
    """Cleaning up never fails."""
    desk = Desk(DeskSettings("id", "word"))

    await desk.stop()
    await desk.stop()


async def test_a_port_that_is_taken_is_an_os_error(call):
    """Told to who starts it, and nothing is left behind."""
    taken = Desk(DeskSettings("id", "word", port=httpx.URL(call.desk.url).port))

    with pytest.raises(OSError, match="in use"):
        await taken.start()

    await taken.stop()


async def test_signals_stay_with_the_daemon(call):
    """The web server takes no signal handler over."""
    got = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, got.set)

    os.kill(os.getpid(), signal.SIGTERM)
    await got.wait()

    asyncio.get_running_loop().remove_signal_handler(signal.SIGTERM)
    assert (await call.open())["result"] == "success"


def test_a_desk_lives_in_a_thread_with_its_own_loop():
    """And is looked at from another."""
    desk = Desk(DeskSettings("id", "word"))
    started, ended = threading.Event(), threading.Event()

    async def life():
        await desk.start()
        started.set()
        await asyncio.to_thread(ended.wait)
        await desk.suspend()

    thread = threading.Thread(target=asyncio.run, args=(life(),))
    thread.start()
    assert started.wait(10)

    fields = {"action": "OpenTicket", "identifier": "id", "secret": "word", "responsetype": "json", **GUEST}
    answer = httpx.post(desk.url, data=fields, verify=False, trust_env=False).json()
    dump = desk.tickets()
    ended.set()
    thread.join()
    asyncio.run(desk.stop())

    assert (answer["result"], len(dump)) == ("success", 1)


async def test_requests_at_the_same_time_are_all_served(call):
    """Each opens its ticket, with a number of its own."""
    answers = await asyncio.gather(*(call.open() for _ in range(40)))

    assert len({answer["tid"] for answer in answers}) == len(call.desk.tickets()) == 40


async def test_secrets_are_not_shown():
    """Not by the settings' own text."""
    text = repr(DeskSettings("an-identifier", "a-secret", access_key="a-key"))

    assert not any(word in text for word in ("an-identifier", "a-secret", "a-key"))


async def test_every_address_means_loopback_in_the_url(serve):
    """0.0.0.0 is no address to ask."""
    call = await serve(host="0.0.0.0")

    assert call.desk.url.startswith("http://127.0.0.1:")
    assert (await call.open())["result"] == "success"
