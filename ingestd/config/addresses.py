"""Where to listen, whom to believe, whom to write to: addresses of the file -> values, each fault with its remedy."""

import re
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import Annotated, Any
from urllib.parse import SplitResult, urlsplit

from pydantic import PlainValidator

HOSTNAME = re.compile(
    r"(?=.{1,253}$)[A-Za-z0-9_]([A-Za-z0-9_-]*[A-Za-z0-9_])?(\.[A-Za-z0-9_]([A-Za-z0-9_-]*[A-Za-z0-9_])?)*"
)
ENDPOINT = re.compile(r"(?:\[(?P<six>[0-9A-Fa-f:.]+)\]|(?P<host>[^:\[\]\s]+)):(?P<port>\d{1,5})", re.ASCII)
SOCKET_NAME = re.compile(r"systemd:([A-Za-z0-9_.-]{1,255})")
PATTERN = re.compile(
    r"""(?P<local>\*|[^\s@"(),:;<>\[\]\\*\x00-\x1f\x7f]{1,64})@(?P<domain>[^\s@"(),:;<>\\*\x00-\x1f\x7f]{1,253})"""
)

# A token (RFC 8601 section 2.2); in brackets, what names the fields that bear none.
AUTHSERV_ID = re.compile(r"""\(none\)|[^\s"(),/:;<=>?@\[\]\\\x00-\x1f\x7f]{1,255}""")

Network = IPv4Network | IPv6Network


@dataclass(frozen=True, slots=True)
class Tcp:
    """A host and a port to listen on; port 0 takes a free one."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


@dataclass(frozen=True, slots=True)
class Passed:
    """The sockets that systemd passes under this name (FileDescriptorName=)."""

    name: str

    def __str__(self) -> str:
        return f"systemd:{self.name}"


def tcp(value: Any) -> Tcp:
    """An address to listen on: "127.0.0.1:8025", "localhost:0", "[::1]:8025"."""
    if isinstance(value, Tcp):
        return value
    found = ENDPOINT.fullmatch(value) if isinstance(value, str) else None
    host = (found["six"] or found["host"]) if found else ""
    if not found or not (is_address(host) or (not found["six"] and HOSTNAME.fullmatch(host))):
        raise ValueError(f'{value!r} is no address; write "host:port" or "[::1]:port"')
    if int(found["port"]) > 65535:
        raise ValueError(f"{value!r} has no such port; write one from 0 to 65535")
    return Tcp(host, int(found["port"]))


def listen(value: Any) -> Tcp | Passed:
    """As `tcp`, or "systemd:NAME" for sockets that systemd passes."""
    if isinstance(value, Passed):
        return value
    if isinstance(value, str) and value.startswith("systemd:"):
        if not (found := SOCKET_NAME.fullmatch(value)):
            raise ValueError(f'{value!r} names no socket; write "systemd:" and the FileDescriptorName= of its unit')
        return Passed(found[1])
    return tcp(value)


def network(value: Any) -> Network:
    """A network in CIDR form, or one address."""
    if isinstance(value, IPv4Network | IPv6Network):
        return value
    try:
        loose = ip_network(value, strict=False) if isinstance(value, str) else None
    except ValueError:
        loose = None
    if loose is None:
        raise ValueError(f'{value!r} is no network; write it like "192.0.2.0/24" or "2001:db8::/32"')
    # Host bits set may be a typing error either way: the network was meant, or the one address.
    if ip_address(value.partition("/")[0]) != loose.network_address:
        raise ValueError(f'{value!r} has host bits set; write "{loose}", or the one address without its mask')
    return loose


def pattern(value: Any) -> str:
    """Whose mail: "support@example.com" or "*@example.com"; lower case, without a +tag."""
    found = PATTERN.fullmatch(value) if isinstance(value, str) else None
    if not found:
        raise ValueError(f'{value!r} is no recipient; write "name@example.com" or "*@example.com"')
    if "+" in found["local"]:
        raise ValueError(f"{value!r} has a +tag; leave it away, any tag is matched")
    return str(value).casefold()


def address(value: Any) -> str:
    """One mail address."""
    if not isinstance(value, str) or not (found := PATTERN.fullmatch(value)) or found["local"] == "*":
        raise ValueError(f'{value!r} is no mail address; write it like "nobody@example.com"')
    return value


def hostname(value: Any) -> str:
    """The name that stands in the greeting."""
    if not isinstance(value, str) or not HOSTNAME.fullmatch(value):
        raise ValueError(f'{value!r} is no host name; write it like "tickets.example.com"')
    return value


def hop(value: Any) -> str:
    """A host of ours as it stands behind "by" in Received: its name, `*.example.com`, or its address."""
    name = value if isinstance(value, str) else ""
    if not (HOSTNAME.fullmatch(name.removeprefix("*.").removesuffix(".")) or is_address(name)):
        raise ValueError(f'{value!r} is no host; write it as in its Received fields, like "mx.example.com"')
    return name


def authserv_id(value: Any) -> str:
    """The first word of the Authentication-Results fields that are believed; "(none)" for fields without one."""
    if not isinstance(value, str) or not AUTHSERV_ID.fullmatch(value):
        raise ValueError(
            f'{value!r} is no authserv-id; write the first word of Authentication-Results, like "mx.example.com"'
        )
    return value


def split_url(value: str) -> SplitResult:
    """The parts of an http or https address with a host."""
    try:
        parts = urlsplit(value)
        usable = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        usable = False
    if not usable or any(not c.isprintable() or c.isspace() for c in value):
        raise ValueError("is no web address; write it like https://billing.example.com/includes/api.php")
    return parts


def is_address(host: str) -> bool:
    """Whether this is an IP address in figures."""
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def is_loopback(host: str) -> bool:
    """Whether a connection to this host never leaves the machine (RFC 6761 section 6.3 for the name)."""
    return ip_address(host).is_loopback if is_address(host) else host.lower() == "localhost"


Endpoint = Annotated[Tcp, PlainValidator(tcp)]
Listen = Annotated[Tcp | Passed, PlainValidator(listen)]
Relay = Annotated[Network, PlainValidator(network)]
Pattern = Annotated[str, PlainValidator(pattern)]
Address = Annotated[str, PlainValidator(address)]
Hop = Annotated[str, PlainValidator(hop)]
AuthservId = Annotated[str, PlainValidator(authserv_id)]
Hostname = Annotated[str, PlainValidator(hostname)]
