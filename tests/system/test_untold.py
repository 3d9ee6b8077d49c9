"""The daemon says in its status line that the MX authenticates no more."""

import smtplib

import pytest
from running import SUPPORT, mail, until, written

pytestmark = pytest.mark.storm
OURS = b"Authentication-Results: mx.example.com; none\r\n"


def test_the_status_line_tells_that_nobody_is_verified(tmp_path, desk, starting):
    """Fifty mails in a row without a field of ours, and an error in the log; it is over with the next that has one."""
    written(tmp_path, desk, smtp={"authserv_id": ["mx.example.com"]})
    daemon = starting(tmp_path, {"WATCHDOG_USEC": "200000"})

    def send(numbers, head=b""):
        with smtplib.SMTP("127.0.0.1", daemon.port) as client:
            for number in numbers:
                client.sendmail("gina@shop.example.net", [SUPPORT], head + mail(f"Untold {number}"))

    send(range(50))
    daemon.manager.fresh(lambda said: any("no Authentication-Results of mx.example.com" in line for line in said))
    assert [event["event"] for event in daemon.log if event.get("level") == "error"] == ["no authentication results"]

    send([50], OURS)
    until(lambda: any(event["event"] == "authentication results are back" for event in daemon.log))
    daemon.manager.fresh(lambda said: any("STATUS=51 done" in line and "Results" not in line for line in said))
    # Nobody vouched for Gina: her tickets belong to nobody's account, and none was answered.
    assert all("Nothing shows" in t["posts"][0]["message"] for t in desk.tickets())
