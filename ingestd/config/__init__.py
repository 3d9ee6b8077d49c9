"""The operator's words: every key of config.toml, checked as a whole, each fault with its line and its remedy."""

from ingestd.config.addresses import Network, Passed, Tcp
from ingestd.config.certificate import Certified, Unusable, certified
from ingestd.config.helpdesk import Helpdesk
from ingestd.config.load import SYSTEM_WIDE, load
from ingestd.config.model import Config
from ingestd.config.oauth import Oauth
from ingestd.config.rules import Rule, When
from ingestd.config.sections import Console, Desk, Identify, Log, Policy, Retry, Route, Smtp, Spool
from ingestd.config.values import duration

__all__ = [
    "SYSTEM_WIDE",
    "Certified",
    "Config",
    "Console",
    "Desk",
    "Helpdesk",
    "Identify",
    "Log",
    "Network",
    "Oauth",
    "Passed",
    "Policy",
    "Retry",
    "Route",
    "Rule",
    "Smtp",
    "Spool",
    "Tcp",
    "Unusable",
    "When",
    "certified",
    "duration",
    "load",
]
