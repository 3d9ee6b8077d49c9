"""What is wrong with the helpdesk is named, by `check` and by `run`; mail is taken in all the while, and waits."""

import pytest
from running import SUPPORT, told, until, written

from ingestd.desk import Department

# What the installation is like, the check that finds it, and the words (case folded) that name it everywhere.
TROUBLES = {
    "down": (None, "helpdesk", "connecterror"),
    "wrong secret": ({"secret": "another"}, "helpdesk", "authentication failed"),
    "IP refused": ({"allowed_ips": ()}, "helpdesk", "invalid ip 127.0.0.1"),
    "role lacks OpenTicket": (
        {"role": frozenset({"GetClientsDetails", "GetSupportStatuses"})},
        "API role",
        "openticket",
    ),
    "department unknown": ({"departments": (Department(7, "Elsewhere"),)}, f"route {SUPPORT}", "department"),
}
QUICK = {"down"}


@pytest.mark.parametrize(
    "trouble", [pytest.param(name, marks=() if name in QUICK else pytest.mark.storm) for name in TROUBLES]
)
def test_trouble_is_named_and_mail_waits(starting, desk, tmp_path, trouble):
    """250 as ever; status line and log say what is waited for, `check` says it and fails; mended, the ticket comes."""
    settings, check, words = TROUBLES[trouble]
    written(tmp_path, desk)
    daemon = starting(tmp_path, {"WATCHDOG_USEC": "200000"})
    desk.away()
    if settings is not None:
        desk.become(**settings)

    daemon.send(f"Despite {trouble}")
    daemon.manager.fresh(lambda said: any(words in line.lower() for line in said if "STATUS=1 deferred; " in line))
    found = {finding["check"]: finding for finding in told(tmp_path, "check", exits=1)}
    desk.become()

    assert any(words in event.get("reason", "").lower() for event in daemon.log)
    assert found[check]["good"] is False
    assert words in found[check]["says"].lower()
    until(lambda: f"Despite {trouble}" in desk.subjects())
    daemon.manager.fresh(lambda said: "STATUS=1 done" in said)
