"""From a configuration to where we listen, and whom we say to be there."""

import socket
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, assert_never

from ingestd.config import Certified, Config, Passed, Tcp, Unusable, certified
from ingestd.core.errors import ConfigError

if TYPE_CHECKING:
    from ingestd.smtp.server import Endpoint


def endpoints_of(config: Config, passed: Mapping[str, Sequence[socket.socket]]) -> list["Endpoint"]:
    """Where to listen; ConfigError where systemd passed no socket of that name."""
    endpoints: list[Endpoint] = []
    for listen in config.smtp.listen:
        match listen:
            case Tcp(host=host, port=port):
                endpoints.append((host, port))
            case Passed(name=name):
                if name not in passed:
                    remedy = f"start it by ingestd.socket, with FileDescriptorName={name}"
                    raise ConfigError((f"smtp.listen: systemd passed no socket named {name}; {remedy}",))
                endpoints.extend(passed[name])
            case _ as never:
                assert_never(never)
    return endpoints


def certificate_of(config: Config) -> Certified | None:
    """The certificate that is configured, if one is; ConfigError where it cannot be used."""
    found = certified(config.smtp.tls_certificate, config.smtp.tls_key)
    if isinstance(found, Unusable):
        raise ConfigError((f"smtp.{found.key}: {found.saying}",))
    return found
