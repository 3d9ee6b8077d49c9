"""STARTTLS at the daemon's door: its certificate, the reload of it, and the end of a session that speaks TLS."""

import shutil
import signal
import smtplib
import ssl

import pytest
from running import PATIENCE, SUPPORT, mail, ran, told, until, written


def showing(starting, desk, folder, issue):
    """A daemon that shows a certificate, and a way to give it another one."""

    def give(name, days=90):
        for source, target in zip(issue(name, days), ("mx.pem", "mx.key"), strict=True):
            shutil.copy(source, folder / target)

    give("first")
    written(folder, desk, smtp={"tls_certificate": "mx.pem", "tls_key": "mx.key", "stop_timeout": "10s"})
    daemon = starting(folder)
    daemon.give = give
    return daemon


@pytest.fixture(scope="module")
def tls(starting, desk, tmp_path_factory, issue):
    """A daemon that shows a certificate through the whole module."""
    return showing(starting, desk, tmp_path_factory.mktemp("tls"), issue)


def joined(daemon):
    """A session that has begun TLS, and the name that it was shown."""
    client = smtplib.SMTP("127.0.0.1", daemon.port, timeout=PATIENCE)
    client.ehlo("test.example.net")
    assert client.has_extn("starttls")
    context = ssl.create_default_context(cafile=daemon.folder / "mx.pem")
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    client.starttls(context=context)
    shown = ssl.DER_cert_to_PEM_cert(client.sock.getpeercert(binary_form=True))
    return client, shown


def pem(daemon):
    return (daemon.folder / "mx.pem").read_text()


def delivered(client, subject):
    client.sendmail("gina@shop.example.net", [SUPPORT], mail(subject))


def events(daemon, name):
    return [event for event in daemon.log if isinstance(event, dict) and event["event"] == name]


def reloaded(daemon):
    daemon.manager.said = []
    daemon.process.send_signal(signal.SIGHUP)
    return daemon.manager.until(lambda said: "READY=1" in said)


def test_a_reload_shows_the_new_certificate(tls, desk):
    """Sessions that go on keep theirs and bring their mails; new ones see the new one. The manager is told."""
    before, shown = joined(tls)
    assert shown == pem(tls)

    tls.give("second")
    said = reloaded(tls)

    begun, when, ready = (line.partition("=")[0] for line in said if not line.startswith(("STATUS", "WATCHDOG")))
    assert (begun, when, ready) == ("RELOADING", "MONOTONIC_USEC", "READY")
    after, shown = joined(tls)
    assert shown == pem(tls)
    for client, subject in ((before, "Before the reload"), (after, "After the reload")):
        delivered(client, subject)
        client.quit()
    until(lambda: {"Before the reload", "After the reload"} <= set(desk.subjects()))
    assert "certificate_good_until" in events(tls, "reloaded")[-1]


@pytest.mark.storm
def test_a_bad_pair_leaves_the_one_before(tls):
    """An error in the log with the remedy, and the door as it was; mended, the next reload takes it."""
    tls.give("first")
    reloaded(tls)
    first = pem(tls)
    (tls.folder / "mx.key").write_text("no key at all")
    reloaded(tls)

    client, shown = joined(tls)
    client.quit()
    assert shown == first
    [refused] = events(tls, "certificate not reloaded")
    assert refused["level"] == "error"
    assert "smtp.tls_key" in refused["reason"]
    assert "reload again" in refused["remedy"]

    tls.give("expired", -1)
    reloaded(tls)
    client, shown = joined(tls)
    client.quit()
    assert shown == pem(tls)
    [expired] = events(tls, "certificate expired")
    assert expired["level"] == "warning"


@pytest.mark.storm
def test_a_stop_lets_a_mail_come_in_through_tls(starting, desk, tmp_path, issue):
    """SIGTERM, and another one, within DATA of a TLS session: 250, then 421, and exit 0. Who shook no hands yet is left."""
    tls = showing(starting, desk, tmp_path, issue)
    raw = mail("While stopping TLS")
    client, _ = joined(tls)
    client.ehlo("test.example.net")
    client.mail("gina@shop.example.net")
    client.rcpt(SUPPORT)
    assert client.docmd("DATA")[0] == 354
    client.sock.sendall(raw[:40])
    with smtplib.SMTP("127.0.0.1", tls.port, timeout=PATIENCE) as half, smtplib.SMTP("127.0.0.1", tls.port) as idle:
        half.ehlo("test.example.net")
        assert half.docmd("STARTTLS")[0] == 220

        tls.process.terminate()
        tls.manager.until(lambda said: "STOPPING=1" in said)
        assert idle.getreply()[0] == 421
        assert half.sock.recv(100) == b""
        tls.process.terminate()
        client.sock.sendall(raw[40:] + b".\r\n")

        code, says = client.getreply()
        assert (code, says[:20]) == (250, b"2.0.0 Ok: queued as ")
        assert client.getreply()[0] == 421
        for each in (client, half, idle):
            each.close()
    assert tls.process.wait(10) == 0
    shown = told(tls.folder, "queue", "show", says.split()[-1].decode())
    assert shown["status"] in {"incoming", "done"}


@pytest.mark.storm
def test_a_certificate_that_is_not_there(tmp_path):
    """Exit 2 with line, key and remedy; other commands do not need it."""
    written(tmp_path, None, smtp={"tls_certificate": "none.pem", "tls_key": "none.key"})

    refused = ran(tmp_path, "run")

    assert refused.returncode == 2
    assert "config.toml:4: smtp.tls_certificate: " in refused.stderr.decode()
    assert ran(tmp_path, "status").returncode == 1  # there is no spool yet
