"""A Postfix of our own, set up as docs/mail.md tells the operator, under a temporary folder."""

import contextlib
import os
import re
import shutil
import signal
import socket
import subprocess
import tempfile
from pathlib import Path

from running import PATIENCE, until

MANUAL = Path(__file__).parents[2] / "docs" / "mail.md"
HERE = "127.0.0.1"
PIPE_USER = "nobody"

# What the manual leaves to the operator's own Postfix, and haste for the test.
MAIN = """
compatibility_level = 3.6
queue_directory = {folder}/queue
data_directory = {folder}/data
maillog_file = {folder}/mail.log
maillog_file_prefixes = {folder}
myhostname = mx.example.net
mydestination =
mynetworks = 127.0.0.0/8
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
alias_maps =
alias_database =
disable_dns_lookups = yes
smtpd_peername_lookup = no
smtpd_relay_restrictions = permit_mynetworks, reject
# Delivery reports have nobody to go to.
default_transport = discard:
minimal_backoff_time = 1s
maximal_backoff_time = 1s
queue_run_delay = 1s
in_flow_delay = 0
"""
MASTER = """
{port} inet n - n - - smtpd
pickup unix n - n 1 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 1 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
smtp unix - - n - - smtp
relay unix - - n - - smtp
showq unix n - n - - showq
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
"""


def manual_blocks():
    """The code blocks of the manual's chapter on Postfix, each with the file it belongs to, in order."""
    chapter = MANUAL.read_text().partition("\n## Postfix in front\n")[2].partition("\n## ")[0]
    found = re.findall(r"`(?:/etc/postfix/)?([a-z_.]+)`[^`]*\n+```\n(.*?)```", chapter, re.DOTALL)
    return [(name, text) for name, text in found]


def free_port():
    with socket.create_server((HERE, 0)) as free:
        return free.getsockname()[1]


class Postfix:
    """Relays support@ and billing@example.com to `relay_port`; or pipes both to `submit` of the program `piped`.

    The pipe's config and spool are in `spool`, which belongs to the user of the pipe. `more` goes into main.cf.
    """

    def __init__(self, relay_port=None, piped="ingestd"):
        # Not below pytest's folder, which nobody but root may enter: Postfix drops its rights.
        self._folder = tempfile.TemporaryDirectory(prefix="postfix-")
        self.folder = Path(self._folder.name)
        self.folder.chmod(0o755)
        self.port = free_port()
        self._relay_port = relay_port
        self.more = ""
        self._piped = piped
        self.config = self.folder / "config"
        self.spool = self.folder / "spool"

    def __enter__(self):
        for name in ("config", "queue", "data", "spool"):
            (self.folder / name).mkdir()
        shutil.chown(self.folder / "data", "postfix")
        shutil.chown(self.spool, PIPE_USER)
        self._write("main.cf", MAIN.format(folder=self.folder))
        self._write("master.cf", MASTER.format(port=f"{HERE}:{self.port}"))
        for name, text in manual_blocks():
            self._write(name, self._local(name, text))
        self._write("main.cf", self.more)
        for table in ("transport", "relay_recipients"):
            self._run("postmap", "-c", self.config, self.config / table)
        self._run("postfix", "-c", self.config, "start")
        return self

    def __exit__(self, *_):
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            # master(8) ends its children with it.
            os.kill(int((self.folder / "queue/pid/master.pid").read_text()), signal.SIGTERM)
        until(
            lambda: (
                subprocess.run(["postfix", "-c", self.config, "status"], capture_output=True, check=False).returncode
            )
        )
        self._folder.cleanup()

    def _write(self, name, text):
        with (self.config / name).open("a") as file:
            file.write(text)

    def _local(self, name, text):
        """The manual's words for this host: folder, port, program and user of the test."""
        text = text.replace("/etc/postfix/", f"{self.config}/").replace(":8025", f":{self._relay_port}")
        if self._relay_port is None and name == "transport":
            text = re.sub(r"smtp:\S+", "ingestd:", text)
        text = text.replace("user=ingestd", f"user={PIPE_USER}")
        return text.replace("/opt/ingestd/bin/ingestd submit", f"{self._piped} submit -c {self.spool}/config.toml")

    def _run(self, *command):
        done = subprocess.run(command, capture_output=True, timeout=PATIENCE, check=False)
        assert done.returncode == 0, done

    def swaks(self, raw, sender, *recipients):
        """Send by SMTP."""
        data = self.folder / f"data-{os.urandom(8).hex()}"
        data.write_bytes(raw)
        self._run(
            "swaks", "--silent", "1", "--server", HERE, "--port", str(self.port),
            "--from", sender, "--to", ",".join(recipients), "--data", f"@{data}",
        )  # fmt: skip
        data.unlink()

    def sendmail(self, raw, sender, *recipients):
        """Send as a program on the MX itself does."""
        done = subprocess.run(
            ["sendmail", "-C", self.config, "-i", "-f", sender, *recipients],
            input=raw, capture_output=True, timeout=PATIENCE, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done

    @property
    def log(self):
        log = self.folder / "mail.log"
        return log.read_text(errors="replace") if log.exists() else ""

    def waiting(self):
        """How many mails are in its queue."""
        shown = subprocess.run(["postqueue", "-c", self.config, "-j"], capture_output=True, check=True).stdout
        return len(shown.splitlines())
