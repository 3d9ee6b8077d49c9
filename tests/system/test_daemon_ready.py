"""What is true once the daemon says that it is ready, and what must have been found out before."""

import asyncio
import contextlib

import pytest
from running import PATIENCE, Ingestd, Manager, mail, queued, until, written

from ingestd.config import load
from ingestd.core.refusal import refuses
from ingestd.daemon import Daemon, policies_of
from ingestd.daemon.door import may_refuse

ROUTE = '[[route]]\nrecipient = "support@example.com"\ndepartment = 1\n'


@contextlib.asynccontextmanager
async def opened(folder):
    """A daemon that takes mail in, and does not deliver yet."""
    daemon = Daemon(load(folder / "config.toml"))
    await daemon.open()
    try:
        yield daemon
    finally:
        await daemon.stop()


async def sent(daemon, subject):
    return await asyncio.to_thread(queued, daemon.smtp_address[1], mail(subject), "gina@shop.example.net")


async def test_mail_is_kept_before_it_is_delivered(desk, tmp_path):
    """The door is open before anything is there that delivers: what came meanwhile is delivered then."""
    written(tmp_path, desk)

    async with opened(tmp_path) as daemon:
        await sent(daemon, "Before deliveries")
        assert "1 incoming" == await daemon.told()

        await daemon.deliver()
        await asyncio.to_thread(until, lambda: "Before deliveries" in desk.subjects())


async def test_a_stop_before_deliveries_loses_nothing(desk, tmp_path):
    """What was taken in waits for the next start."""
    written(tmp_path, desk)

    async with opened(tmp_path) as daemon:
        await sent(daemon, "Left behind")

    async with opened(tmp_path) as daemon:
        await daemon.deliver()
        await asyncio.to_thread(until, lambda: "Left behind" in desk.subjects())


def test_a_stop_at_once_is_clean(starting, desk, tmp_path):
    """Who is stopped as soon as he is ready, while deliveries are still loaded, ends with 0 and without a trace."""
    written(tmp_path, desk)
    daemon = starting(tmp_path)

    assert 0 == daemon.stop()
    assert "Traceback" not in (tmp_path / "log").read_text()


def test_who_cannot_deliver_is_never_ready(tmp_path):
    """A CA that is none makes every delivery impossible: exit 2 with the key, and the manager was not told READY."""
    (tmp_path / "ca.pem").write_text("no certificate\n")
    written(tmp_path, None, helpdesk={"url": "https://127.0.0.1:9/includes/api.php", "ca_file": "ca.pem"})
    daemon = Ingestd(tmp_path, Manager(), {})

    try:
        assert 2 == daemon.process.wait(PATIENCE)
        with pytest.raises(AssertionError, match="not told"):
            daemon.manager.until(bool, 0.001)
    finally:
        daemon.end()
    assert "helpdesk.ca_file: " in (tmp_path / "log").read_text()


@pytest.mark.parametrize(
    ("may", "more"),
    [
        (False, ""),
        (False, '[policy]\ndeny_phrases = ["lottery"]\nallow_senders = ["*@good.example"]\n'),
        (True, '[policy]\ndeny_senders = ["*@bad.example"]\n'),
        (True, '[policy]\ndeny_subjects = ["lottery"]\n'),
        (True, ROUTE.replace("support", "clients") + "clients_only = true\n"),
        (True, ROUTE.replace("support", "replies") + "replies_only = true\n"),
    ],
)
def test_whom_a_rule_refuses_is_known_before_the_door_opens(may, more, tmp_path):
    """Where a policy can refuse mail at the door, the door waits for it: the two tell the same of any configuration."""
    (tmp_path / "config.toml").write_text(ROUTE + more)

    config = load(tmp_path / "config.toml")

    assert may is may_refuse(config)
    assert may is any(map(refuses, policies_of(config).values()))
