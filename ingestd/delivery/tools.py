"""Everything that deliveries share."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field

import structlog
from structlog.typing import FilteringBoundLogger

from ingestd.core.facts import Policy
from ingestd.core.ledger import Terms
from ingestd.delivery.budget import Budget
from ingestd.delivery.circuit import Circuit
from ingestd.delivery.clock import Clock
from ingestd.delivery.identify import Identifier
from ingestd.delivery.perform import Performer
from ingestd.delivery.sandbox import Sandbox
from ingestd.delivery.turns import Turns
from ingestd.delivery.verify import Verifier
from ingestd.store.spool import Spool


def _logger() -> FilteringBoundLogger:
    # Bound once: a logger that is not yet costs each time as much as a line of the log.
    bound: FilteringBoundLogger = structlog.get_logger().bind()
    return bound


@dataclass(frozen=True, slots=True)
class Tools:
    """What a delivery works with. `policies` are by route, `lines` as many as may speak to the helpdesk at a time."""

    spool: Spool
    sandbox: Sandbox
    identifier: Identifier
    performer: Performer
    verifier: Verifier
    circuit: Circuit
    budget: Budget
    turns: Turns
    lines: asyncio.Semaphore
    clock: Clock
    terms: Terms
    policies: Mapping[str, Policy]
    marker: bool
    log: FilteringBoundLogger = field(default_factory=_logger)
