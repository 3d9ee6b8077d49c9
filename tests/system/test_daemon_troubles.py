"""What is wrong with the helpdesk is named, by `check` and by `run`; mail is taken in all the while, and waits."""

import os
import re

import pytest
from running import SUPPORT, told, until, written
from tls_front import TlsFront, certificate

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


@pytest.mark.storm
@pytest.mark.timeout(240)
@pytest.mark.skipif(os.geteuid() != 0, reason="needs root: the daemon gets names of its own, in a mount namespace")
def test_a_name_that_is_gone_and_certificates_that_are_wrong(starting, desk, tmp_path):
    """The helpdesk's name does not resolve; then its certificate is over, another's, unknown: named, waited for, mended."""
    host, hosts = "helpdesk.example.com", tmp_path / "hosts"
    hosts.write_text("127.0.0.1 localhost\n")
    shown = {
        "has expired": certificate(tmp_path, "over", host, days=0),
        "hostname mismatch": certificate(tmp_path, "another", "www.example.com"),
        "self-signed certificate": certificate(tmp_path, "unknown", host),
        "": certificate(tmp_path, "good", host),
    }
    trusted = tmp_path / "ca.pem"
    trusted.write_text("".join(pem.read_text() for words, pem in shown.items() if "self-signed" not in words))
    with TlsFront(int(desk.url.split(":")[2].split("/")[0])) as front:
        front.show(shown["has expired"])
        url = f"https://{host}:{front.port}/includes/api.php"
        written(tmp_path, desk, helpdesk={"url": url, "ca_file": str(trusted)})
        names = ("unshare", "--mount", "sh", "-c", 'mount --bind "$0" /etc/hosts && exec "$@"', str(hosts))
        daemon = starting(tmp_path, {"WATCHDOG_USEC": "200000"}, before=names)
        for n in range(3):
            daemon.send(f"Name gone {n}")
        paused = until(lambda: [e for e in daemon.log if isinstance(e, dict) and e["event"] == "deliveries paused"])
        assert re.search("(?i)name|address", paused[0]["reason"]), paused
        # In place: whoever mounted it keeps it.
        with hosts.open("a") as file:
            file.write(f"127.0.0.1 {host}\n")

        for words, pem in shown.items():
            front.show(pem)
            if words:
                daemon.manager.fresh(lambda said, w=words: any(w in line.lower() for line in said), 70)

        daemon.manager.fresh(lambda said: "STATUS=3 done" in said, 70)
        assert {f"Name gone {n}" for n in range(3)} <= set(desk.subjects())
