"""From a configuration to what the operator wishes, as the core reads it."""

from collections.abc import Iterator

from ingestd.config import Config, Route, Rule, When
from ingestd.core import wishes
from ingestd.core.model import Grade, Kind
from ingestd.core.ticket import Priority
from ingestd.core.wishes import Actions, Fate, Kinds, Lists, Screen, Standing, Treatment


def kinds_of(route: Route) -> Kinds:
    """What becomes of each kind of mail on this route."""
    return Kinds(
        bounces=Fate(route.bounces),
        auto_replies=Fate(route.auto_replies),
        auto_generated=Fate(route.auto_generated),
        lists=Fate(route.lists),
    )


def lists_of(config: Config) -> Lists:
    """Whom and what the operator refuses, and whom he takes for all that."""
    policy = config.policy
    return Lists(
        policy.deny_senders,
        policy.deny_subjects,
        policy.deny_phrases,
        policy.allow_senders,
        policy.allow_subjects,
        policy.allow_phrases,
    )


def screen_of(config: Config) -> Screen:
    """What is made of the relay's verdicts on spam and viruses."""
    return Screen(Treatment(config.policy.spam), Treatment(config.policy.virus), config.smtp.trusted_hosts)


def rules_of(config: Config) -> tuple[wishes.Rule, ...]:
    """The operator's rules in their order."""
    return tuple(wishes.Rule(rule.name, _when(rule.when), _actions(rule), rule.stop) for rule in config.rule)


def departments_of(config: Config) -> Iterator[tuple[str, int]]:
    """Every department that the configuration names, and what names it."""
    yield from ((f"route {route.recipient}", route.department) for route in config.route)
    yield from ((f"rule {rule.name}", rule.department) for rule in config.rule if rule.department is not None)


def _when(when: When) -> wishes.When:
    return wishes.When(
        recipient=when.recipient,
        reverse_path=when.reverse_path,
        peer=when.peer,
        helo=when.helo,
        tls=when.tls,
        header=when.header,
        author=when.author,
        grade=tuple(map(Grade, when.grade)),
        sender=tuple(map(Standing, when.sender)),
        client=when.client,
        kind=tuple(map(Kind, when.kind)),
        subject=when.subject,
        text=when.text,
        follow_up=when.follow_up,
        min_size=when.min_size,
        max_size=when.max_size,
        min_attachments=when.min_attachments,
        max_attachments=when.max_attachments,
        attachment=when.attachment,
        attachment_type=when.attachment_type,
    )


def _actions(rule: Rule) -> Actions:
    return Actions(
        department=rule.department,
        priority=Priority(rule.priority) if rule.priority else None,
        custom_fields=rule.custom_fields,
        service=rule.service,
        domain=rule.domain,
        flag=rule.flag,
        cc=rule.cc,
        notes=(rule.note,) if rule.note.strip() else (),
        noemail=rule.noemail,
        hold=rule.hold,
        discard=rule.discard,
    )
