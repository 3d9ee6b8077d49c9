"""Whom we take mail for, and what becomes of it: the handler behind the SMTP sessions."""

from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

import structlog
from aiosmtpd.smtp import Envelope as SmtpEnvelope
from aiosmtpd.smtp import Session as SmtpSession

from ingestd.core.model import Envelope, QueueId
from ingestd.core.routes import by_route
from ingestd.mail.outline import Outline
from ingestd.quick import quick
from ingestd.smtp import replies
from ingestd.smtp.collect import Collector, Intake
from ingestd.smtp.paths import NULL, size_of
from ingestd.smtp.shares import Shares
from ingestd.store.asked import Addressed, Recipient

log = structlog.get_logger()

HOOKS = ("handle_MAIL", "handle_RCPT")


@dataclass(frozen=True, slots=True)
class Rules:
    """What the door must know of routes: the route of a recipient, what they make of a mail, and what is refused.

    `recipients` are the entries that a mail makes, `parking` the routes that let nobody read one before its release.
    `refusal` says why a mail with this header block is not taken, "" where it is; None where no rule refuses any.
    """

    route: Callable[[str], str | None]
    recipients: Callable[[Outline, Sequence[Addressed]], tuple[Recipient, ...]]
    parking: Collection[str] = ()
    refusal: Callable[[bytes, Envelope], str] | None = None


def _room(_size: int) -> str:
    return ""


@dataclass(frozen=True, slots=True)
class Capacity:
    """How much is taken in: recipients of one mail, memory for all; `refusal` is the reply to a mail of this size."""

    most_recipients: int = 100
    shares: Shares = field(default_factory=lambda: Shares(64 * 2**20))
    refusal: Callable[[int], str] = _room


@quick
@dataclass(frozen=True, slots=True)
class Handed:
    """A mail of this `size` that is being kept for whom it is `addressed` to; its `ids` are told once it is."""

    ids: Awaitable[tuple[QueueId, ...]]
    addressed: tuple[Addressed, ...]
    size: int


class Door:
    """Accepts mails into the spool; `accepted` is told after each that is to be delivered."""

    def __init__(
        self, intake: Intake, rules: Rules, accepted: Callable[[], None], capacity: Capacity | None = None
    ) -> None:
        self._intake = intake
        self._rules = rules
        self._accepted = accepted
        self._capacity = capacity or Capacity()
        # Bound once: each mail has its line.
        self._log = log.bind()

    def __dir__(self) -> Sequence[str]:
        """None: as for a session, which knows our `HOOKS`."""
        return ()

    async def handle_MAIL(  # noqa: N802 - the name by which aiosmtpd finds the hook
        self, _server: object, session: SmtpSession, envelope: SmtpEnvelope, address: str, options: list[str]
    ) -> str:
        return self.mail(session, envelope, address, options)

    def mail(self, session: SmtpSession, envelope: SmtpEnvelope, address: str, options: list[str]) -> str:
        """250, or 452 where there is no room for a mail, before its body comes."""
        if refusal := self._capacity.refusal(size_of(options)):
            log.info("refused", reply=refusal, peer=peer_of(session))
            return refusal
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return replies.SENDER_OK

    async def handle_RCPT(  # noqa: N802 - as above
        self, _server: object, session: SmtpSession, envelope: SmtpEnvelope, address: str, _options: list[str]
    ) -> str:
        return self.rcpt(session, envelope, address)

    def rcpt(self, session: SmtpSession, envelope: SmtpEnvelope, address: str) -> str:
        """250 for a recipient that a route takes; 550 for any other, 452 for too many."""
        if len(envelope.rcpt_tos) >= self._capacity.most_recipients:
            return replies.TOO_MANY_RECIPIENTS
        if self._rules.route(address) is None:
            log.info("refused", reply=replies.NO_SUCH_MAILBOX, peer=peer_of(session), recipient=address)
            return replies.NO_SUCH_MAILBOX
        envelope.rcpt_tos.append(address)
        return replies.RECIPIENT_OK

    def collector(self) -> Collector:
        """For the content of one mail."""
        return Collector(self._intake, self._capacity.shares)

    def refusal(self, session: SmtpSession, envelope: SmtpEnvelope, collector: Collector) -> str:
        """The 550 for a mail that a rule refuses on every route it is for; "" where any takes it."""
        asked = self._rules.refusal
        if asked is None:
            return ""
        reason, head = "", collector.head()
        for route, recipient in by_route(envelope.rcpt_tos, self._rules.route).items():
            reason = asked(head, self._envelope(session, envelope, recipient, route))
            if not reason:
                return ""
        reply = replies.refused(reason)
        log.info("refused", reply=reply, peer=peer_of(session), recipients=len(envelope.rcpt_tos))
        return reply

    async def accept(self, session: SmtpSession, envelope: SmtpEnvelope, collector: Collector) -> QueueId:
        """Committed and synced when it returns; StoreError where it cannot be kept."""
        try:
            handed = self.hand_over(session, envelope, collector)
            ids = await handed.ids
        finally:
            collector.let_go()
        return self.kept(handed, ids)

    def hand_over(self, session: SmtpSession, envelope: SmtpEnvelope, collector: Collector) -> Handed:
        """Have it kept; StoreError where that cannot even be tried."""
        rules = self._rules
        addressed = tuple(
            [
                Addressed(self._envelope(session, envelope, recipient, route), route in rules.parking)
                for route, recipient in by_route(envelope.rcpt_tos, rules.route).items()
            ]
        )
        ids = self._intake.accept(collector.mail(addressed, rules.recipients))
        return Handed(ids, addressed, collector.size)

    def kept(self, handed: Handed, ids: tuple[QueueId, ...]) -> QueueId:
        """Tell that it is, under these ids; the one for the peer."""
        for queue_id, to in zip(ids, handed.addressed, strict=True):
            envelope = to.envelope
            self._log.info("accepted", queue_id=queue_id, size=handed.size, peer=envelope.peer, route=envelope.route)
        if not all(to.parks for to in handed.addressed):
            self._accepted()
        return ids[0]

    def _envelope(self, session: SmtpSession, envelope: SmtpEnvelope, recipient: str, route: str) -> Envelope:
        path = envelope.mail_from or ""
        helo, tls = session.host_name or "", session.ssl is not None
        sender = "" if path == NULL else path
        return Envelope(sender, recipient, route, peer_of(session), helo, tls, datetime.now(UTC))


def peer_of(session: SmtpSession) -> str:
    """The peer's address without its port."""
    return str(session.peer[0]) if isinstance(session.peer, tuple) else str(session.peer or "")
