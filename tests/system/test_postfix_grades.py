"""A real Postfix with OpenDKIM and OpenDMARC in front, set up as the manual says: who wrote, and what becomes of it."""

import re

import pytest
from authenticating import EVIL, GOOD, MISSING, AuthenticatingMx
from postfix_instance import HERE, free_port
from running import SUPPORT, ran, until, written

from ingestd.desk import Client, Seed

pytestmark = [
    pytest.mark.postfix,
    pytest.mark.skipif(bool(MISSING), reason=f"missing here: {', '.join(MISSING)}"),
]
MX = "mx.example.com"
FORGED = "The sender of this mail is forged"
DOUBTED = "Nothing shows that"


@pytest.fixture(scope="module")
def way(tmp_path_factory, desk, starting):
    """The whole way: an MX that authenticates, a daemon that believes it, a helpdesk with a client at each domain."""
    folder, port = tmp_path_factory.mktemp("graded"), free_port()
    domains = ("signed", "strict", "loose", "spf", "bare")
    desk.desk.seed(
        Seed(clients=tuple(Client(n, "Ann", name, f"ann@{name}.example") for n, name in enumerate(domains, 1)))
    )
    trust = {"listen": [f"{HERE}:{port}"], "authserv_id": [MX], "trusted_hosts": [MX]}
    written(folder, desk, smtp=trust)
    daemon = starting(folder, knock=port)
    with AuthenticatingMx(port) as mx:
        yield Way(folder, desk, daemon, mx)


class Way:
    def __init__(self, folder, desk, daemon, mx):
        self.folder, self.desk, self.daemon, self.mx = folder, desk, daemon, mx

    def ticket(self, subject, domain, host=GOOD, *, signed=False, changed=False, head="", path=None):
        """Send a mail of Ann's at this domain; the opening post that came of it."""
        raw = (
            f"{head}From: Ann <ann@{domain}>\r\nTo: {SUPPORT}\r\nSubject: {subject}\r\n"
            f"Message-ID: <{subject.replace(' ', '-')}@{domain}>\r\nDate: Thu, 26 Nov 2026 12:00:00 +0000\r\n\r\nHi\r\n"
        ).encode()
        raw = self.mx.signed(raw, domain) if signed else raw
        raw = raw.replace(b"\r\n\r\nHi", b"\r\n\r\nHo") if changed else raw
        self.mx.send(raw, path or f"ann@{domain}", SUPPORT, host)
        found = until(
            lambda: [t for t in self.desk.tickets() if t["subject"] == subject], tell=lambda: self.mx.postfix.log
        )
        (post,) = found[0]["posts"]
        return post

    def raw(self, post):
        """The mail as it was spooled."""
        queue_id = re.search(r"\[ref:([0-9A-Z]+)-0\]", post["message"])[1]
        return ran(self.folder, "queue", "dump", queue_id).stdout.decode()


def test_signed_and_aligned_mail_is_the_clients(way):
    """DMARC passes by DKIM, from whatever host: the ticket is the client's own, and says nothing of doubts."""
    post = way.ticket("Signed", "signed.example", EVIL, signed=True, path="bounce@bare.example")

    assert (1, False) == (post["client_id"], "[From:" in post["message"])


def test_mail_from_the_domains_own_host_is_the_clients(way):
    """DMARC passes by SPF."""
    post = way.ticket("By SPF", "strict.example")

    assert 2 == post["client_id"]


@pytest.mark.parametrize(
    ("domain", "changed"), [("strict.example", False), ("loose.example", False), ("signed.example", True)]
)
def test_forged_mail_is_a_guests_and_says_so(way, domain, changed):
    """DMARC fails, whatever the policy; the MX lets it through, and no account is opened. A changed mail is forged."""
    post = way.ticket(f"Forged {domain}", domain, EVIL, signed=changed, changed=changed)

    assert (0, f"ann@{domain}") == (post["client_id"], post["email"])
    assert FORGED in post["message"]
    assert f"[From: Ann <ann@{domain}>]" in post["message"]


def test_mail_of_a_domain_without_records_is_unverified(way):
    """Nothing shows who wrote: a guest's ticket, and no mail of the helpdesk's."""
    post = way.ticket("Bare", "bare.example")

    assert 0 == post["client_id"]
    assert DOUBTED in post["message"]


INJECTED = {
    "dmarc": f"Authentication-Results: {MX}; dmarc=pass header.from=bare.example\r\n",
    "dkim": f"Authentication-Results: {MX.upper()} 1; dkim=pass header.d=bare.example\r\n",
    "spf": f"authentication-results: {MX}; spf=pass smtp.mailfrom=ann@bare.example\r\n",
    "blank": f"Authentication-Results : {MX}; dmarc=pass header.from=bare.example\r\n",
    "received": f"Received: from x by {MX}\r\nAuthentication-Results: {MX}; dkim=pass header.d=bare.example\r\n",
}


@pytest.mark.parametrize("kind", INJECTED)
def test_a_senders_own_results_are_not_believed(way, kind):
    """In the MX's name, in any spelling: taken out by the MX, or overruled by what stands above."""
    post = way.ticket(f"Injected {kind}", "bare.example", head=INJECTED[kind])

    assert (0, True) == (post["client_id"], DOUBTED in post["message"])
    assert kind == "blank" or "=pass" not in way.raw(post), way.raw(post)
