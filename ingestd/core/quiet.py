"""When the helpdesk must not write back: its answer could reach somebody who did not write, or start a loop."""

import re
from typing import Final

from ingestd.core.addresses import folded
from ingestd.core.facts import SURE, Facts, Policy, Relay
from ingestd.core.model import Envelope, Kind, Mail

# Nobody reads what is sent there, and what bounces from there comes back to us.
_UNREAD: Final = re.compile(
    r"(?:no|do-?not|dont|don't|never)[._-]?repl(?:y|ies)|no[._-]?(?:responder|reply)|ne[._-]?pas[._-]?repondre"
    r"|(?:nicht|keine)[._-]?antwort(?:en)?|non[._-]?rispondere|mailer-?daemon|(?:auto)?bounces?",
    re.IGNORECASE,
)
_END: Final = re.compile(r"[+=]")


def quiet(mail: Mail, envelope: Envelope, facts: Facts, policy: Policy) -> bool:
    """Whether the helpdesk is to keep silent about this mail."""
    return (
        facts.grade not in SURE
        or mail.kind is not Kind.ORDINARY
        # Whoever wrote to one of us, or to a list, does not know of the helpdesk: staff's answer comes first.
        or facts.relay in {Relay.STAFF, Relay.LIST}
        or not envelope.reverse_path
        or folded(facts.author) == folded(policy.nobody)
        or unread(facts.author)
    )


def unread(address: str) -> bool:
    """Whether an address says of itself that nobody reads it."""
    return _UNREAD.fullmatch(_END.split(address.rpartition("@")[0], maxsplit=1)[0]) is not None


def crowded(facts: Facts, policy: Policy) -> bool:
    """Whether too many new tickets were confirmed within the hour, this author's or all together.

    No loop runs without confirmations. Replies are not confirmed: what the helpdesk sends of one is a person's answer.
    """
    return facts.crowded or facts.recent >= policy.answers_per_hour
