"""From a configuration to what the core asks of it."""

from collections.abc import Mapping
from datetime import timedelta

from ingestd.config import Config
from ingestd.core.abilities import KELIWEB, WHMCS, WITHOUT_REPLIES, Abilities
from ingestd.core.facts import Policy
from ingestd.core.ledger import Terms
from ingestd.core.ticket import Priority
from ingestd.daemon.wishes import kinds_of, lists_of, rules_of, screen_of

# RFC 5321 section 6.3: a large rejection threshold, normally at least 100 Received entries.
MOST_HOPS = 100
LATE = timedelta(minutes=10)


def abilities_of(config: Config) -> Abilities:
    """What the helpdesk can be asked for."""
    if config.helpdesk.kind == "keliweb":
        return KELIWEB
    return WITHOUT_REPLIES if config.helpdesk.follow_up == "update" else WHMCS


def terms_of(config: Config) -> Terms:
    """How patient this configuration is."""
    return Terms(
        first=config.retry.first,
        longest=config.retry.longest,
        lifetime=config.retry.lifetime,
        settle=config.helpdesk.settle,
        nobody=config.identify.nobody,
        abilities=abilities_of(config),
        resend=config.helpdesk.on_unknown == "resend",
    )


def policies_of(config: Config) -> Mapping[str, Policy]:
    """What the operator wants of each route."""
    patterns = frozenset(route.recipient for route in config.route)
    lists, screen, rules = lists_of(config), screen_of(config), rules_of(config)
    return {
        route.recipient: Policy(
            department=route.department,
            priority=Priority(route.priority),
            hold=route.hold,
            custom_fields=route.custom_fields,
            own=patterns,
            nobody=config.identify.nobody,
            unverified=config.identify.unverified,
            strangers=config.policy.strangers,
            attachment_types=frozenset(config.helpdesk.attachment_types),
            max_post=config.helpdesk.max_post or 0,
            markdown=config.helpdesk.format == "markdown",
            most_hops=MOST_HOPS,
            most_per_hour=config.policy.author_per_hour,
            answers_per_hour=config.policy.answers_per_hour,
            late=LATE,
            kinds=kinds_of(route),
            clients_only=route.clients_only,
            replies_only=route.replies_only,
            lists=lists,
            screen=screen,
            rules=rules,
            mail_priority=config.policy.mail_priority,
            abilities=abilities_of(config),
        )
        for route in config.route
    }
