"""The certificate for STARTTLS: from two PEM files to what the door speaks TLS with, or to what is wrong with them."""

import _ssl
import ssl
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

CERTIFICATE = "tls_certificate"
KEY = "tls_key"
PAIR = (CERTIFICATE, KEY)
CHAIN_BEGINS = "-----BEGIN CERTIFICATE-----"
MISMATCHES = frozenset({"KEY_VALUES_MISMATCH", "KEY_TYPE_MISMATCH"})


@dataclass(frozen=True, slots=True)
class Unusable:
    """Which key of [smtp] is wrong, and how, with the remedy."""

    key: str
    saying: str


@dataclass(frozen=True, slots=True)
class Certified:
    """What the door speaks TLS with, and until when its certificate is good."""

    context: ssl.SSLContext
    good_until: datetime


def certified(certificate: str, key: str) -> Certified | Unusable | None:
    """From the paths of a PEM chain and of its key; None where neither is named.

    Without a path of its own the key is looked for in the file of the chain.
    """
    if not certificate:
        return Unusable(CERTIFICATE, "must be set beside tls_key; write the path of a PEM chain") if key else None
    chain = private = _read(CERTIFICATE, certificate)
    if key and not isinstance(chain, Unusable):
        private = _read(KEY, key)
    if isinstance(chain, Unusable) or isinstance(private, Unusable):
        return next(wrong for wrong in (chain, private) if isinstance(wrong, Unusable))
    if CHAIN_BEGINS not in chain:
        return Unusable(CERTIFICATE, f"{certificate!r} holds no certificate; write the path of a PEM chain")
    context = _context()
    try:
        # A password that is no prompt: a daemon has nobody to ask.
        context.load_cert_chain(certificate, key or None, password="")
        return Certified(context, _good_until(certificate))
    except (ssl.SSLError, OSError, ValueError) as error:
        return _fault(certificate, key, private, getattr(error, "reason", "") or "damaged")


def _context() -> ssl.SSLContext:
    """TLS 1.2 and newer, ciphers with forward secrecy alone: Python's own choice for servers."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    # A peer that asks for new keys again and again costs us more than itself.
    context.options |= ssl.OP_NO_RENEGOTIATION | ssl.OP_CIPHER_SERVER_PREFERENCE
    return context


def _good_until(certificate: str) -> datetime:
    # The library reads certificates for its own tests only; the other way would be an ASN.1 parser.
    decoded = _ssl._test_decode_cert(certificate)  # type: ignore[attr-defined] # noqa: SLF001 - nor is it typed
    return datetime.fromtimestamp(ssl.cert_time_to_seconds(str(decoded["notAfter"])), UTC)


def _read(name: str, path: str) -> str | Unusable:
    try:
        return Path(path).read_text("ascii", "replace")
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "is no path"
        return Unusable(name, f"{path!r}: {reason}; write the path of a PEM file that our user can read")


def _fault(certificate: str, key: str, private: str, reason: str) -> Unusable:
    name, path = (KEY, key) if key else (CERTIFICATE, certificate)
    if reason in MISMATCHES:
        return Unusable(name, f"{path!r} holds the key of another certificate than {certificate!r}; name its own")
    if "PRIVATE KEY-----" not in private:
        return Unusable(name, f"{path!r} holds no private key; write the path of a PEM file that does")
    if "ENCRYPTED" in private:
        return Unusable(name, f"the key in {path!r} has a passphrase; take it away: `openssl pkey -in OLD -out NEW`")
    return Unusable(CERTIFICATE, f"{certificate!r} and its key cannot be used ({reason}); make them anew")
