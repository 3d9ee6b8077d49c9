"""From a configuration to the parts of the way out, made but not started."""

import asyncio
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from ingestd.config import Config
from ingestd.core.refusal import refused, refuses
from ingestd.daemon.settings import policies_of, terms_of
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
from ingestd.store.spool import Spool

if TYPE_CHECKING:
    from ingestd.daemon.embedded import Embedded
    from ingestd.delivery.doorkeeper import Doorkeeper

PARSERS = 2


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
    access = Grantee(token_url, *asked.oauth.words) if asked.oauth else asked.secret.get_secret_value()
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


def tools_of(
    config: Config, spool: Spool, helpdesk: Helpdesk, clock: Clock, lookup: Lookup, grader: Grader, pool: Pool
) -> Tools:
    """Everything that a delivery works with."""
    return Tools(
        spool=spool,
        sandbox=Sandbox(Limits(), PARSERS, pool),
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


def doorkeeper_of(config: Config, lookup: Lookup) -> "Doorkeeper | None":
    """Who refuses at the door what a list or a flag would have discarded; None where there is neither."""
    policies = policies_of(config)
    if not any(map(refuses, policies.values())):
        return None
    from ingestd.delivery.doorkeeper import Doorkeeper  # noqa: PLC0415 - it reads headers: only here is a parser loaded

    return Doorkeeper(trust_of(config), people_of(config), lookup, policies, refused)
