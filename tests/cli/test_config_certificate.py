"""The certificate for STARTTLS: what is wrong with it is told before the daemon starts, and by `check`."""

import json
import ssl
from datetime import UTC, datetime, timedelta

import pytest

from ingestd.config import certified, load
from ingestd.core.errors import ConfigError

ROUTE = '[[route]]\nrecipient = "support@example.com"\ndepartment = 1\n'


@pytest.fixture(scope="module")
def pems(issue):
    """A folder with a pair, another one, and what goes wrong with such files."""
    certificate, key = issue("mx")
    issue("other")
    issue("hidden", passphrase="word")
    folder = certificate.parent
    (folder / "both.pem").write_bytes(certificate.read_bytes() + key.read_bytes())
    (folder / "cut.pem").write_bytes(certificate.read_bytes()[:200])
    (folder / "empty.pem").write_bytes(b"")
    (folder / "odd.key").write_bytes(b"-----BEGIN PRIVATE KEY-----\n\xff\xff\n-----END PRIVATE KEY-----\n")
    return folder


def written(folder, certificate, key):
    file = folder / "config.toml"
    file.write_text(f'{ROUTE}[smtp]\ntls_certificate = "{certificate}"\ntls_key = "{key}"\n')
    return file


@pytest.mark.parametrize(
    ("certificate", "key", "line", "says"),
    [
        ("", "mx.key", 5, "tls_certificate: must be set beside tls_key; "),
        ("none.pem", "mx.key", 5, "tls_certificate: '{}/none.pem': No such file or directory; write the path"),
        ("mx.pem", "none.key", 6, "tls_key: '{}/none.key': No such file or directory; write the path"),
        (".", "mx.key", 5, "tls_certificate: '{}': Is a directory; "),
        ("mx.pem", "other.key", 6, "tls_key: '{}/other.key' holds the key of another certificate than '{}/mx.pem'; "),
        ("mx.pem", "hidden.key", 6, "tls_key: the key in '{}/hidden.key' has a passphrase; take it away: "),
        ("mx.pem", "mx.pem", 6, "tls_key: '{}/mx.pem' holds no private key; "),
        ("mx.pem", "", 5, "tls_certificate: '{}/mx.pem' holds no private key; "),
        ("mx.key", "mx.key", 5, "tls_certificate: '{}/mx.key' holds no certificate; "),
        ("empty.pem", "mx.key", 5, "tls_certificate: '{}/empty.pem' holds no certificate; "),
        ("cut.pem", "mx.key", 5, "tls_certificate: '{}/cut.pem' and its key cannot be used ("),
        ("mx.pem", "odd.key", 5, "tls_certificate: '{}/mx.pem' and its key cannot be used ("),
    ],
)
def test_a_fault_of_the_certificate(pems, certificate, key, line, says):
    """With line and remedy, for who serves; a command that does not open the door needs no key of it."""
    file = written(pems, certificate, key)

    with pytest.raises(ConfigError) as wrong:
        load(file, serving=True)

    [fault] = wrong.value.faults
    assert fault.startswith(f"{file}:{line}: smtp.{says.replace('{}', str(pems))}")
    assert load(file).route


def test_the_faults_of_the_certificate_come_with_all_others(pems):
    """One run tells all there is to mend."""
    file = written(pems, "none.pem", "")
    file.write_text(file.read_text() + 'hostname = "a b"\n')

    with pytest.raises(ConfigError) as wrong:
        load(file, serving=True)

    assert [5, 7] == [int(fault.split(":")[1]) for fault in wrong.value.faults]


@pytest.mark.parametrize(("certificate", "key"), [("mx.pem", "mx.key"), ("both.pem", "")])
def test_a_pair_that_fits(pems, certificate, key):
    """TLS 1.2 and newer; in one file or in two. No certificate is no fault."""
    smtp = load(written(pems, certificate, key), serving=True).smtp

    found = certified(smtp.tls_certificate, smtp.tls_key)

    assert found.context.minimum_version == ssl.TLSVersion.TLSv1_2
    assert timedelta(days=89) < found.good_until - datetime.now(UTC) < timedelta(days=91)
    assert certified("", "") is None


def test_ciphers_keep_their_secrets(pems):
    """Every cipher has forward secrecy and authenticates what it encrypts, or is one of TLS 1.2's better ones."""
    context = certified(str(pems / "mx.pem"), str(pems / "mx.key")).context

    kinds = {cipher["kea"] for cipher in context.get_ciphers()}
    assert kinds <= {"kx-ecdhe", "kx-dhe", "kx-any"}
    assert not any(cipher["symmetric"].startswith(("rc4", "des", "3des", "null")) for cipher in context.get_ciphers())


@pytest.mark.parametrize(
    ("days", "good", "says"),
    [
        (90, True, "the certificate is good until "),
        (10, None, "the certificate expires on "),
        (-1, False, "the certificate expired on "),
    ],
)
def test_check_tells_when_it_expires(house, issue, days, good, says):
    """Thirty days before, and louder afterwards; both with what to do."""
    certificate, key = issue(f"mx{days}", days)
    house.config.write_text(f'[smtp]\ntls_certificate = "{certificate}"\ntls_key = "{key}"\n{house.config.read_text()}')

    found = {each["check"]: each for each in json.loads(house.run("check", "--json").out)}

    assert found["STARTTLS"]["good"] is good
    assert found["STARTTLS"]["says"].startswith(says)
    assert ("systemctl reload ingestd" in found["STARTTLS"]["says"]) == (days < 30)


def test_check_tells_what_is_wrong_with_it(house):
    """As `run` would."""
    house.config.write_text(f'[smtp]\ntls_certificate = "none.pem"\n{house.config.read_text()}')

    done = house.run("check", "--json")

    found = {each["check"]: each for each in json.loads(done.out)}
    assert done.code == 1
    assert found["STARTTLS"]["good"] is False
    assert found["STARTTLS"]["says"].startswith("smtp.tls_certificate: ")


def test_an_expired_one_is_no_fault(pems, issue):
    """An MX that does not look at it delivers all the same: a warning will do."""
    issue("old", days=-1)

    smtp = load(written(pems, "old.pem", "old.key"), serving=True).smtp

    assert certified(smtp.tls_certificate, smtp.tls_key).good_until < datetime.now(UTC)
