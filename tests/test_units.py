"""The systemd units are what systemd takes, and agree with the program and its config."""

import configparser
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from ingestd.config import Config, Route

UNITS = Path(__file__).parents[1] / "systemd"
DEFAULTS = Config(route=(Route(recipient="support@example.com", department=1),))

needs_systemd = pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd is not installed")


@pytest.fixture
def units(tmp_path):
    """The units with a program that exists here: systemd looks whether it does."""
    for unit in UNITS.iterdir():
        text = unit.read_text().replace("/opt/ingestd/bin/ingestd ", f"{sys.executable} -m ingestd ")
        (tmp_path / unit.name).write_text(text)
    return tmp_path


def unit(name: str) -> configparser.ConfigParser:
    parser = configparser.ConfigParser(strict=False, interpolation=None, delimiters=("=",), comment_prefixes=("#",))
    parser.optionxform = str
    parser.read(UNITS / name)
    return parser


@needs_systemd
def test_systemd_finds_no_fault(units):
    """systemd-analyze verify has nothing to say of our units; what it says of the host's is not ours."""
    told = subprocess.run(
        ["systemd-analyze", "verify", *sorted(map(str, units.iterdir()))], capture_output=True, text=True, check=False
    )

    assert [] == [line for line in (told.stdout + told.stderr).splitlines() if "ingestd" in line]
    assert told.returncode == 0


@needs_systemd
def test_a_fault_would_be_found(units):
    """The check above can fail."""
    (units / "ingestd.service").write_text("[Service]\nType=notfy\nExecStart=/bin/true\nWatchdogSecs=1\n")

    told = subprocess.run(
        ["systemd-analyze", "verify", str(units / "ingestd.service")], capture_output=True, text=True, check=False
    )

    assert "WatchdogSecs" in told.stdout + told.stderr


@needs_systemd
def test_the_daemon_is_sandboxed(units):
    """systemd itself counts what a break-in could reach: 2.0 of 10 at most."""
    told = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", "--threshold=20", str(units / "ingestd.service")],
        capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert told.returncode == 0, told.stdout[-300:]


def test_systemd_waits_longer_than_we_stop():
    """Sessions and calls in flight end by themselves before systemd kills."""
    service = unit("ingestd.service")["Service"]

    assert int(service["TimeoutStopSec"]) > DEFAULTS.smtp.stop_timeout.total_seconds()


def test_a_bad_config_is_not_started_again():
    """Exit 2 is a bad config: starting again does not mend it, and hides the fault in a loop."""
    service = unit("ingestd.service")["Service"]

    assert ("2", "always", "notify") == (service["RestartPreventExitStatus"], service["Restart"], service["Type"])


def test_a_reload_is_a_hangup():
    """`systemctl reload` reads the certificate again."""
    assert unit("ingestd.service")["Service"]["ExecReload"] == "/bin/kill -HUP $MAINPID"


def test_the_socket_bears_the_name_that_the_config_knows():
    """smtp.listen = ["systemd:smtp"] finds the sockets by FileDescriptorName=."""
    assert unit("ingestd.socket")["Socket"]["FileDescriptorName"] == "smtp"
