"""The only place that wires: from a configuration to everything that runs."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ingestd.daemon.beside import opened
    from ingestd.daemon.commands import (
        facts_unasked,
        helpdesk_for_commands,
        identifier_for_commands,
        judged_on,
        sandboxed,
    )
    from ingestd.daemon.intake import parking_of, router_of
    from ingestd.daemon.looking import wanted_of
    from ingestd.daemon.ordering import order
    from ingestd.daemon.serve import Daemon, run, run_desk
    from ingestd.daemon.settings import policies_of, terms_of
    from ingestd.daemon.wishes import departments_of

__all__ = [
    "Daemon",
    "departments_of",
    "facts_unasked",
    "helpdesk_for_commands",
    "identifier_for_commands",
    "judged_on",
    "opened",
    "order",
    "parking_of",
    "policies_of",
    "router_of",
    "run",
    "run_desk",
    "sandboxed",
    "terms_of",
    "wanted_of",
]

HOMES = {
    "beside": ("opened",),
    "commands": ("facts_unasked", "helpdesk_for_commands", "identifier_for_commands", "judged_on", "sandboxed"),
    "intake": ("parking_of", "router_of"),
    "looking": ("wanted_of",),
    "ordering": ("order",),
    "serve": ("Daemon", "run", "run_desk"),
    "settings": ("policies_of", "terms_of"),
    "wishes": ("departments_of",),
}


def __getattr__(name: str) -> Any:
    # PEP 562: `status` and `queue` are asked often, and need neither the desk nor an SMTP server.
    for module, names in HOMES.items():
        if name in names:
            return getattr(import_module(f"{__name__}.{module}"), name)
    raise AttributeError(name)
