"""From a configuration to the parts, made but not started."""

import asyncio
import socket
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, assert_never
from zoneinfo import ZoneInfo

from ingestd.config import Certified, Config, Oauth, Passed, Tcp, Unusable, certified
from ingestd.core.errors import ConfigError
from ingestd.core.refusal import refused, refuses
from ingestd.daemon.settings import conversation_of, parked_of, policies_of, router_of, terms_of
from ingestd.delivery.author import People
from ingestd.delivery.budget import Budget
from ingestd.delivery.circuit import Circuit
from ingestd.delivery.clock import Clock
from ingestd.delivery.grading import Grader, Trust
from ingestd.delivery.identify import Identifier
from ingestd.delivery.lookup import Lookup
from ingestd.delivery.perform import Performer
from ingestd.delivery.pool import Pool
from ingestd.delivery.sandbox import Limits, Sandbox
from ingestd.delivery.tools import Tools
from ingestd.delivery.turns import Turns
from ingestd.delivery.verify import Verifier
from ingestd.helpdesk.keliweb import Keliweb
from ingestd.helpdesk.port import Helpdesk
from ingestd.helpdesk.settings import KeliwebSettings, WhmcsSettings
from ingestd.helpdesk.settings import Oauth as Grantee
from ingestd.helpdesk.whmcs import Whmcs
from ingestd.smtp.door import Capacity, Door, Rules
from ingestd.smtp.gauge import Bounds, Gauge
from ingestd.smtp.registry import Admission
from ingestd.smtp.server import Endpoint, Listener
from ingestd.smtp.session import SessionSettings
from ingestd.smtp.shares import Shares
from ingestd.store.spool import Spool

if TYPE_CHECKING:
    from ingestd.daemon.embedded import Embedded
    from ingestd.delivery.doorkeeper import Doorkeeper

PARSERS = 2


def credentials_of(oauth: Oauth) -> tuple[str, str, str, str]:
    """Client id and secret, user name and password of an OAuth grant."""
    given = (oauth.client_id, oauth.client_secret, oauth.username, oauth.password)
    client_id, client_secret, username, password = (each.get_secret_value() for each in given)
    return client_id, client_secret, username, password


def helpdesk_of(config: Config, desk: "Embedded | None" = None) -> Whmcs | Keliweb:
    """The adapter to the helpdesk that is configured, or to this embedded one."""
    return _keliweb_of(config, desk) if config.helpdesk.kind == "keliweb" else _whmcs_of(config, desk)


def _whmcs_of(config: Config, desk: "Embedded | None") -> Whmcs:
    asked = config.helpdesk
    return Whmcs(
        WhmcsSettings(
            url=desk.desk.url if desk else asked.url,
            identifier=desk.settings.identifier if desk else asked.identifier.get_secret_value(),
            secret=desk.settings.secret if desk else asked.secret.get_secret_value(),
            access_key="" if desk else asked.access_key.get_secret_value(),
            timeout=asked.timeout.total_seconds(),
            concurrency=asked.concurrency,
            ca_file=asked.ca_file,
            zone=ZoneInfo(asked.timezone),
        )
    )


def _keliweb_of(config: Config, desk: "Embedded | None") -> Keliweb:
    asked = config.helpdesk
    token_url = desk.desk.token_url if desk else asked.token_url
    access = Grantee(token_url, *credentials_of(asked.oauth)) if asked.oauth else asked.secret.get_secret_value()
    return Keliweb(
        KeliwebSettings(
            url=desk.desk.url if desk else asked.url,
            access=access,
            timeout=asked.timeout.total_seconds(),
            concurrency=asked.concurrency,
            ca_file=asked.ca_file,
        )
    )


def people_of(config: Config) -> People:
    """Whom the operator names."""
    own = tuple(route.recipient for route in config.route)
    return People(config.identify.nobody, config.identify.staff, config.identify.reply_to, own)


def trust_of(config: Config) -> Trust:
    """Whose word on authors is believed."""
    return Trust(config.smtp.authserv_id, config.smtp.trusted_hosts)


def tools_of(config: Config, spool: Spool, helpdesk: Helpdesk, clock: Clock, lookup: Lookup, grader: Grader) -> Tools:
    """Everything that a delivery works with."""
    return Tools(
        spool=spool,
        sandbox=Sandbox(Limits(), PARSERS, Pool()),
        identifier=Identifier(helpdesk, lookup, spool, clock, people_of(config), grader),
        performer=Performer(helpdesk, spool),
        verifier=Verifier(helpdesk, spool),
        circuit=Circuit(helpdesk.probe, config.helpdesk.concurrency),
        budget=Budget(config.policy.per_hour, clock),
        turns=Turns(),
        lines=asyncio.Semaphore(config.helpdesk.concurrency),
        clock=clock,
        terms=terms_of(config),
        policies=policies_of(config),
        marker=config.helpdesk.marker,
    )


def gauge_of(config: Config, spool: Spool) -> Gauge:
    """What looks at the disk under the spool and at the queue."""
    spooled = config.spool
    folder = Path(spooled.url.removeprefix("sqlite:///")).parent
    return Gauge(spool, str(folder), Bounds(spooled.min_free, spooled.max_waiting, spooled.max_age.total_seconds()))


def certificate_of(config: Config) -> Certified | None:
    """The certificate that is configured, if one is; ConfigError where it cannot be used."""
    found = certified(config.smtp.tls_certificate, config.smtp.tls_key)
    if isinstance(found, Unusable):
        raise ConfigError((f"smtp.{found.key}: {found.saying}",))
    return found


def doorkeeper_of(config: Config, lookup: Lookup) -> "Doorkeeper | None":
    """Who refuses at the door what a list or a flag would have discarded; None where there is neither."""
    policies = policies_of(config)
    if not any(map(refuses, policies.values())):
        return None
    from ingestd.delivery.doorkeeper import Doorkeeper  # noqa: PLC0415 - it reads headers: only here is a parser loaded

    return Doorkeeper(trust_of(config), people_of(config), lookup, policies, refused)


def listener_of(
    config: Config,
    spool: Spool,
    gauge: Gauge,
    certificate: Certified | None,
    doorkeeper: "Doorkeeper | None",
    accepted: Callable[[], None],
) -> Listener:
    """The door; `accepted` is told after each mail that is to be delivered."""
    asked = config.smtp
    refusal = doorkeeper.refusal if doorkeeper else None
    rules = Rules(route=router_of(config), conversation=conversation_of, refusal=refusal, parked=parked_of(config))
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


def endpoints_of(config: Config, passed: Mapping[str, Sequence[socket.socket]]) -> list[Endpoint]:
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
