"""How sure we are of an author: what our own hops found out about SPF, DKIM and DMARC -> a grade, with its reason. Pure.

Results of one method stand in the topmost field that has any: a field further down may be the sender's own. And a
field that contradicts itself, or whose quotes and brackets do not close, proves nothing: what the sender called
himself stands in it.
"""

import re
from dataclasses import dataclass
from typing import Final

from ingestd.core.addresses import domain_of
from ingestd.core.model import Grade
from ingestd.quick import quick

# Where registries sell names on the third level, the second is nobody's: `co.uk` must not speak for `shop.co.uk`.
_PUBLIC: Final = re.compile(
    r"[^.]+|(?:ac|asn|co|com|edu|gen|go|gob|gov|gouv|gub|id|info|ltd|me|mil|ne|net|nhs|nom|or|org|plc|sch|school)\.[a-z]{2}"
)
# Signs by which a reverse-path would write into a field that repeats it (RFC 8601 section 2.3); bounce addresses are full
# of others, as SRS0=HHH=TT=example.net=ann@ is.
_TELLING: Final = re.compile(r"[\s\"();\\]")
# Not all write the words of RFC 8601: older filters name how hard it failed, or what the policy would do.
_FAILS: Final = frozenset({"fail", "hardfail", "reject", "quarantine"})


@dataclass(frozen=True, slots=True)
class Result:
    """One method's result (RFC 8601 section 2.2), in lower case; `properties` as written, by `ptype.property`."""

    method: str
    result: str
    properties: tuple[tuple[str, str], ...] = ()

    def domain(self, *names: str) -> str:
        """The domain of the first of these properties that stands here, "" for none."""
        found = dict(reversed(self.properties))
        return next((domain_of(found[name]) for name in names if found.get(name)), "")

    def __str__(self) -> str:
        return f"{self.method}={self.result}"


@dataclass(frozen=True, slots=True)
class Field:
    """An Authentication-Results field. `sound` is false where its grammar is broken: then nothing in it is a proof."""

    authserv_id: str
    results: tuple[Result, ...]
    sound: bool
    raw: str


@quick
@dataclass(frozen=True, slots=True)
class Graded:
    """A grade, why, and the field that says so ("" for none). `told` where any field of our own hops stood there."""

    grade: Grade
    reason: str
    header: str = ""
    told: bool = False


@dataclass(frozen=True, slots=True)
class _Found:
    """The results of one method, and the field they stand in."""

    results: tuple[Result, ...]
    field: Field

    def graded(self, grade: Grade, reason: str) -> Graded:
        return Graded(grade, f"{reason}, says {self.field.authserv_id or 'the relay'}", self.field.raw, told=True)


def grade_of(author: str, fields: tuple[Field, ...], *, sole: bool, reverse_path: str) -> Graded:
    """The grade of this author's address by the fields of our own hops, topmost first.

    `sole` says whether the mail names one author and no more: else nobody knows which of them was checked.
    """
    if not fields:
        return Graded(Grade.UNVERIFIED, "no Authentication-Results of ours")
    found = {method: _topmost(method, fields) for method in ("dmarc", "dkim", "spf")}
    domain = domain_of(author)
    forged = _forged(domain, found)
    if forged is not None:
        return forged
    if not sole:
        return Graded(Grade.UNVERIFIED, "From names no author, or several", fields[0].raw, told=True)
    if _TELLING.search(reverse_path):
        return Graded(Grade.UNVERIFIED, "a reverse-path that could forge results", fields[0].raw, told=True)
    verified = _verified(domain, found)
    return verified or Graded(Grade.UNVERIFIED, _summary(found, fields[0]), fields[0].raw, told=True)


def _topmost(method: str, fields: tuple[Field, ...]) -> _Found | None:
    for field in fields:
        results = tuple(result for result in field.results if result.method == method)
        if results:
            return _Found(results, field)
    return None


def _forged(domain: str, found: dict[str, _Found | None]) -> Graded | None:
    """DMARC fails for the author's domain, or both SPF and DKIM do."""
    dmarc, dkim, spf = found["dmarc"], found["dkim"], found["spf"]
    if dmarc and any(r.result in _FAILS and _names(r, domain, silent=True) for r in dmarc.results):
        return dmarc.graded(Grade.FORGED, f"dmarc=fail for {domain}")
    if dkim and spf and not _passes(dmarc):
        failed = {r.result for r in dkim.results if aligned(r.domain("header.d", "header.i"), domain)}
        denied = {r.result for r in spf.results if aligned(r.domain("smtp.mailfrom", "smtp.mail"), domain)}
        if failed and denied and failed | denied <= _FAILS:
            return spf.graded(Grade.FORGED, f"spf=fail and dkim=fail for {domain}")
    return None


def _verified(domain: str, found: dict[str, _Found | None]) -> Graded | None:
    """DMARC passes for the author's domain, or SPF or DKIM pass for a domain that may speak for it."""
    dmarc, dkim, spf = found["dmarc"], found["dkim"], found["spf"]
    if dmarc and _passes(dmarc) and all(_names(r, domain, silent=False) for r in dmarc.results):
        return dmarc.graded(Grade.VERIFIED, f"dmarc=pass for {domain}")
    if dkim and dkim.field.sound:
        for result in dkim.results:
            signer = result.domain("header.d", "header.i")
            if result.result == "pass" and aligned(signer, domain):
                return dkim.graded(Grade.VERIFIED, f"dkim=pass for {signer}")
    if spf and _passes(spf):
        paths = {r.domain("smtp.mailfrom", "smtp.mail") for r in spf.results} - {""}
        if len(paths) == 1 and aligned(path := next(iter(paths)), domain):
            return spf.graded(Grade.VERIFIED, f"spf=pass for {path}")
    return None


def _passes(found: _Found | None) -> bool:
    return found is not None and found.field.sound and {r.result for r in found.results} == {"pass"}


def _names(result: Result, domain: str, *, silent: bool) -> bool:
    """Whether this DMARC result is about the author's domain; `silent`: also where it names none."""
    named = result.domain("header.from")
    return named == domain if named else silent


def _summary(found: dict[str, _Found | None], top: Field) -> str:
    said = ", ".join(str(result) for one in found.values() if one for result in one.results[:3])
    return f"{said or 'no result'} proves nothing, says {top.authserv_id or 'the relay'}"


def aligned(speaker: str, domain: str) -> bool:
    """Whether `speaker` may speak for mail from `domain`: it is the same, or stands above it.

    Stricter than DMARC's relaxed alignment (RFC 7489 section 3.1), which needs a list of public suffixes: a domain
    below that of the author does not speak for it. Both as `domain_of` gives them.
    """
    if not speaker or not domain:
        return False
    return speaker == domain or (domain.endswith("." + speaker) and _PUBLIC.fullmatch(speaker) is None)
