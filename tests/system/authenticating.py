"""An MX that authenticates: Postfix with OpenDKIM and OpenDMARC as the manual has them, and a resolver of our own."""

import base64
import contextlib
import hashlib
import os
import random
import re
import shutil
import smtplib
import subprocess
import tempfile
from pathlib import Path

from postfix_instance import HERE, MANUAL, Postfix, free_port
from running import PATIENCE, knocked, until

SELECTOR = "s1"
# The senders' hosts, as Postfix is told by XCLIENT.
GOOD, EVIL = "192.0.2.7", "192.0.2.66"
ZONES = {
    "signed.example": (f"v=spf1 ip4:{GOOD} -all", "v=DMARC1; p=reject"),
    "strict.example": (f"v=spf1 ip4:{GOOD} -all", "v=DMARC1; p=reject"),
    "loose.example": (f"v=spf1 ip4:{GOOD} -all", "v=DMARC1; p=none"),
    "spf.example": (f"v=spf1 ip4:{GOOD} -all", ""),
    "bare.example": ("", ""),
}


def chapter():
    """The code blocks of the manual's chapter on authentication, each by the file it belongs to."""
    text = MANUAL.read_text().partition("\n## Who wrote: authentication\n")[2].partition("\n### Rspamd")[0]
    return dict(re.findall(r"`/etc/(?:postfix/)?([a-z_.]+)`:\n+```\n(.*?)```", text, re.DOTALL))


class Resolver:
    """A dnsmasq that knows the zones, and that there is nothing else, on port 53 of a loopback address."""

    def __init__(self, folder, key):
        self.address = f"127.53.{random.randrange(1, 255)}.{random.randrange(1, 255)}"
        records = [f"{SELECTOR}._domainkey.signed.example,v=DKIM1; k=rsa; p={key}"]
        for domain, (spf, dmarc) in ZONES.items():
            records += [f"{domain},{spf}"] * bool(spf) + [f"_dmarc.{domain},{dmarc}"] * bool(dmarc)
        self.config = folder / "resolv.conf"
        self.config.write_text(f"nameserver {self.address}\n")
        self._command = [
            "dnsmasq", "--keep-in-foreground", "--conf-file=/dev/null", "--pid-file=", "--no-resolv", "--no-hosts",
            "--user=root", "--bind-interfaces", f"--listen-address={self.address}", "--local=/example/",
            "--local=/com/", "--local=/arpa/", *(f"--txt-record={record}" for record in records),
        ]  # fmt: skip

    def start(self):
        return subprocess.Popen(self._command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


class AuthenticatingMx:
    """Postfix behind both milters; mails come to it as from hosts out on the Internet."""

    def __init__(self, relay_port):
        self._folder = tempfile.TemporaryDirectory(prefix="mx-")
        self.folder = Path(self._folder.name)
        self.folder.chmod(0o755)
        self._stack = contextlib.ExitStack()
        self._key = self.folder / "key.pem"
        self._relay_port = relay_port
        self.postfix = None

    def __enter__(self):
        with contextlib.ExitStack() as stack:
            stack.callback(self._folder.cleanup)
            self._start(stack)
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_):
        self._stack.close()

    def _start(self, stack):
        _ran("openssl", "genrsa", "-out", self._key, "1024")
        public = _ran("openssl", "rsa", "-in", self._key, "-pubout", "-outform", "DER")
        resolver = Resolver(self.folder, base64.b64encode(public).decode())
        stack.callback(_ended, resolver.start())
        blocks, ports = chapter(), {"8891": str(free_port()), "8893": str(free_port())}
        for filter_ in ("opendkim", "opendmarc"):
            config = self.folder / f"{filter_}.conf"
            more = f"Nameservers {resolver.address}\n" if filter_ == "opendkim" else "SoftwareHeader true\n"
            config.write_text(_with_ports(blocks[f"{filter_}.conf"], ports) + more)
            stack.callback(_ended, self._filter(filter_, config, resolver))
        for port in ports.values():
            until(lambda port=port: knocked(int(port)), tell=self._logs)
        self.postfix = Postfix(self._relay_port)
        self.postfix.more = _with_ports(blocks["main.cf"], ports) + (
            "smtpd_authorized_xclient_hosts = 127.0.0.1\n"
            "smtpd_relay_restrictions = reject_unauth_destination\n"
            "smtpd_recipient_restrictions = permit\n"
        )
        stack.enter_context(self.postfix)

    def _logs(self):
        return "".join(log.read_text() for log in self.folder.glob("*.log"))

    def _filter(self, name, config, resolver):
        """In a mount namespace where /etc/resolv.conf names our resolver: OpenDMARC can be told no other way."""
        option = {"opendkim": "-x", "opendmarc": "-c"}[name]
        mounted = f"mount --bind {resolver.config} /etc/resolv.conf && exec {name} -f {option} {config}"
        command = ["unshare", "--mount", "sh", "-c", mounted]
        with (self.folder / f"{name}.log").open("wb") as log:
            return subprocess.Popen(command, stdout=log, stderr=log, stdin=subprocess.DEVNULL)

    def send(self, raw, sender, recipient, host=GOOD):
        """By SMTP, as from this host."""
        with smtplib.SMTP(HERE, self.postfix.port, timeout=PATIENCE) as client:
            client.ehlo("out.example")
            assert client.docmd("XCLIENT", f"ADDR={host} NAME=out.example")[0] == 220
            client.ehlo("out.example")
            client.sendmail(sender, [recipient], raw)

    def signed(self, raw, domain):
        """The mail with a DKIM signature (RFC 6376), both canonicalizations simple."""
        head, _, body = raw.partition(b"\r\n\r\n")
        digest = base64.b64encode(hashlib.sha256(body.rstrip(b"\r\n") + b"\r\n").digest()).decode()
        fields = head.split(b"\r\n")
        names = [field.partition(b":")[0].decode() for field in fields]
        unsigned = (
            f"DKIM-Signature: v=1; a=rsa-sha256; c=simple/simple; d={domain}; s={SELECTOR};"
            f" h={':'.join(names)}; bh={digest}; b="
        ).encode()
        covered = b"".join(field + b"\r\n" for field in fields) + unsigned
        told = subprocess.run(
            ["openssl", "dgst", "-sha256", "-sign", self._key], input=covered, capture_output=True, check=True
        ).stdout
        return unsigned + base64.b64encode(told) + b"\r\n" + raw


def _with_ports(text, ports):
    for manual, ours in ports.items():
        text = text.replace(manual, ours)
    return text


def _ended(process):
    process.terminate()
    process.wait(PATIENCE)


def _ran(*command):
    return subprocess.run(command, capture_output=True, timeout=PATIENCE, check=True).stdout


WANTED = ("postfix", "opendkim", "opendmarc", "dnsmasq", "openssl", "unshare")
MISSING = [name for name in WANTED if not shutil.which(name)] + ["root"] * (os.geteuid() != 0)
