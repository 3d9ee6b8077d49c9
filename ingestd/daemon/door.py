"""From a configuration to the door: what takes mails in and keeps them, made but not opened."""

from collections.abc import Callable
from pathlib import Path

from ingestd.config import Certified, Config
from ingestd.core.model import Envelope
from ingestd.daemon.intake import parking_of, router_of
from ingestd.daemon.looking import wanted_of
from ingestd.smtp.door import Capacity, Door, Rules
from ingestd.smtp.gauge import Bounds, Gauge
from ingestd.smtp.registry import Admission
from ingestd.smtp.server import Listener
from ingestd.smtp.session import SessionSettings
from ingestd.smtp.shares import Shares
from ingestd.store.spool import Spool

Refusal = Callable[[bytes, Envelope], str]
"""Why a mail with this header block is not taken; "" where it is."""


def gauge_of(config: Config, spool: Spool) -> Gauge:
    """What looks at the disk under the spool and at the queue."""
    spooled = config.spool
    folder = Path(spooled.url.removeprefix("sqlite:///")).parent
    return Gauge(spool, str(folder), Bounds(spooled.min_free, spooled.max_waiting, spooled.max_age.total_seconds()))


def listener_of(
    config: Config,
    spool: Spool,
    gauge: Gauge,
    certificate: Certified | None,
    refusal: Refusal | None,
    accepted: Callable[[], None],
) -> Listener:
    """The door; `accepted` is told after each mail that is to be delivered."""
    asked = config.smtp
    rules = Rules(router_of(config), wanted_of, parking_of(config), refusal)
    capacity = Capacity(asked.max_recipients, Shares(asked.max_in_flight), gauge.refusal)
    settings = SessionSettings(
        hostname=asked.hostname,
        max_size=asked.max_size,
        timeout=asked.timeout.total_seconds(),
        min_rate=asked.min_rate,
        longest=asked.max_session.total_seconds(),
        most_errors=asked.max_errors,
        most_commands=asked.max_commands,
        tls=certificate.context if certificate else None,
    )
    admission = Admission(asked.relays, asked.max_connections, asked.max_connections_per_peer)
    return Listener(Door(spool, rules, accepted, capacity), settings, admission)


def may_refuse(config: Config) -> bool:
    """Whether a list or a flag may refuse mails at the door, by what the way out knows of their authors."""
    listed = config.policy.deny_senders or config.policy.deny_subjects
    return bool(listed) or any(route.clients_only or route.replies_only for route in config.route)
