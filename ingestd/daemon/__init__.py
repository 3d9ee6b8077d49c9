"""The only place that wires: from a configuration to everything that runs."""

from ingestd.daemon.commands import helpdesk_for_commands, identifier_for_commands, opened, order, sandboxed
from ingestd.daemon.serve import Daemon, run, run_desk
from ingestd.daemon.wiring import conversation_of, policies_of, router_of, spool_of

__all__ = [
    "Daemon",
    "conversation_of",
    "helpdesk_for_commands",
    "identifier_for_commands",
    "opened",
    "order",
    "policies_of",
    "router_of",
    "run",
    "run_desk",
    "sandboxed",
    "spool_of",
]
