"""Whose certificate is taken for the helpdesk's."""

import ssl
from urllib.parse import urlsplit

from ingestd.core.errors import ConfigError


def context_of(url: str, ca_file: str) -> ssl.SSLContext:
    """What speaks TLS to this URL; with a `ca_file` only that is trusted. ConfigError where it cannot be used."""
    if urlsplit(url).scheme != "https":
        # Loopback in the clear: the system's certificates take 30 ms to load, and this context trusts none.
        return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    try:
        context = ssl.create_default_context(cafile=ca_file or None)
    except OSError as error:
        fault = f"helpdesk.ca_file: {ca_file} cannot be read as certificates ({error})"
        raise ConfigError((fault,)) from error
    context.set_alpn_protocols(["http/1.1"])
    return context
