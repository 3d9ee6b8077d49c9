"""What a mail says and what it carries: the tree of parts sorted into texts and files, in the order of the mail."""

import re
from typing import Final, NamedTuple

from ingestd.core.model import Coding, Cut, Slice
from ingestd.mail import cms, files, uu
from ingestd.mail.armour import unsigned
from ingestd.mail.charset import clean, decode
from ingestd.mail.enriched import from_enriched, from_richtext
from ingestd.mail.files import File
from ingestd.mail.flowed import unflow
from ingestd.mail.parts import Part, count, tree
from ingestd.mail.raw import Raw
from ingestd.mail.tnef import SIGNATURE, Tnef, read_tnef, text_of
from ingestd.mail.transfer import beginning, pieces, read, within
from ingestd.mail.words import decode_words

TEXT_LIMIT: Final = 1_048_576
# Four bytes are the most that one character takes: nothing that would be kept is left undecoded.
_BYTES: Final = 4 * TEXT_LIMIT
_SIGNATURES: Final = frozenset(
    {"application/pgp-signature", "application/pkcs7-signature", "application/x-pkcs7-signature"}
)
_SIGNATURE_NAMES: Final = ("smime", "signature", "openpgp", "pgp")
_READABLE: Final = frozenset({"text/plain", "text/html", "text/enriched", "text/richtext", "text/x-markdown"})
_ENRICHED: Final = {"text/enriched": from_enriched, "text/richtext": from_richtext}
_TNEF: Final = frozenset({"application/ms-tnef", "application/vnd.ms-tnef"})
# Second writings of the HTML for watches and for pages that run programs: nobody misses them.
_SHADOWS: Final = frozenset({"text/x-amp-html", "text/watch-html"})
_SMIME: Final = frozenset({"application/pkcs7-mime", "application/x-pkcs7-mime"})
_SMIME_NAMES: Final = (".p7m", ".p7z")
_OPENINGS: Final = 8
ENCRYPTED: Final = "(This mail is encrypted. It can be read only by somebody who has the key.)"
_META: Final = re.compile(rb"<meta[^>]{1,200}?charset\s{0,5}=\s{0,5}[\"']?([\w-]{2,40})", re.IGNORECASE)


class Text(NamedTuple):
    """One piece of the body in the writings it came in; "" where one is missing. `spare` counts where no other does;
    `at` is its place in the mail.
    """

    plain: str = ""
    html: str = ""
    spare: bool = False
    at: int = 0


class Body(NamedTuple):
    """Texts and files in the order of the mail."""

    texts: tuple[Text, ...] = ()
    files: tuple[File, ...] = ()


class _Room:
    """What may still be opened in this mail: signed contents lie in each other and side by side."""

    __slots__ = ("openings", "parts")

    def __init__(self, parts: int) -> None:
        self.parts, self.openings = parts, _OPENINGS


def body_of(raw: Raw, root: Part, room: int) -> Body:
    """The whole mail sorted; a mail that is one text is read and not filed, named or not.

    `room` is how many parts there may be besides, in what opens only here.
    """
    return _settled(_whole(raw, root, _Room(room)))


def _whole(raw: Raw, root: Part, room: _Room) -> Body:
    if not root.children and root.content_type in _READABLE and root.disposition.value != "attachment":
        return _text(raw, root)
    return _sorted(raw, root, room)


def _settled(body: Body) -> Body:
    """The rich text in a winmail.dat is the mail's text where there is no other, else one of its files."""
    if len(body.texts) == 1 and not body.texts[0].spare and not body.texts[0].plain.isspace() and body.texts[0].plain:
        return body
    own = tuple([text for text in body.texts if not text.spare])
    if any(text.plain.strip() or text.html.strip() for text in own):
        return Body(own, body.files) if len(own) < len(body.texts) else body
    return Body(body.texts, tuple(file for file in body.files if not file.spare))


def _sorted(raw: Raw, part: Part, room: _Room) -> Body:
    # What most parts are, first.
    if part.content_type in _READABLE and not _is_file(part):
        return _text(raw, part)
    match part.content_type:
        case kind if kind.startswith("multipart/") and not part.children:
            return _text(raw, part)
        case "multipart/alternative":
            return _alternative(_children(raw, part, room))
        case "multipart/related":
            return _related(_children(raw, part, room))
        case "multipart/encrypted":
            return _sum([_encrypted(part), *_children(raw, part, room)])
        case kind if kind.startswith("multipart/"):
            return _sum(_children(raw, part, room))
        case kind if kind in _SHADOWS or _is_signature(part):
            return Body()
        case _:
            return _winmail(raw, part) or _smime(raw, part, room) or Body(files=(_filed(raw, part),))


def _is_signature(part: Part) -> bool:
    """Whether this is the signature of the mail; that of a document, `offer.pdf.p7s`, is a file like others."""
    if part.content_type not in _SIGNATURES:
        return False
    name = files.written_name(part).lower()
    return not name or name.startswith(_SIGNATURE_NAMES)


def _children(raw: Raw, part: Part, room: _Room) -> list[Body]:
    return [_sorted(raw, child, room) for child in part.children]


def _sum(bodies: list[Body]) -> Body:
    return Body(
        tuple([text for body in bodies for text in body.texts]), tuple([file for body in bodies for file in body.files])
    )


def _alternative(choices: list[Body]) -> Body:
    """One text in several writings: the first plain one and the last rich one; what is no text stays a file."""
    plain = next((body for body in choices if any(text.plain.strip() and not text.html for text in body.texts)), Body())
    rich = next((body for body in reversed(choices) if any(text.html.strip() for text in body.texts)), Body())
    if plain is rich:
        return rich._replace(files=_sum(choices).files)
    text = Text(
        "\n".join(text.plain for text in plain.texts if text.plain),
        "\n".join(text.html or _marked_up(text.plain) for text in rich.texts),
        at=min((text.at for body in choices for text in body.texts), default=0),
    )
    return Body((text,), _sum(choices).files)


def _marked_up(plain: str) -> str:
    escaped = plain.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return "<p>" + escaped.replace("\n", "<br>\n") + "</p>" if plain.strip() else ""


def _related(bodies: list[Body]) -> Body:
    """A page and what it shows: pictures in it are inline unless they say otherwise."""
    whole = _sum(bodies)
    shown = tuple([file._replace(inline=file.inline or bool(file.content_id)) for file in whole.files])
    return Body(whole.texts, shown)


def _is_file(part: Part) -> bool:
    return part.disposition.value == "attachment" or bool(files.written_name(part))


def _filed(raw: Raw, part: Part) -> File:
    return files.of_part(raw, part, inline=part.disposition.value == "inline")


def _text(raw: Raw, part: Part) -> Body:
    data: Raw = raw if part.coding is Coding.IDENTITY else beginning(raw, part.source, _BYTES)
    start, end = (part.start, part.end) if part.coding is Coding.IDENTITY else (0, len(data))
    if part.content_type == "text/html":
        html = _decoded(part, data[start : min(end, start + _BYTES)])
        return Body((Text(html=html, at=part.start),), _overlong(raw, part, end - start))
    found = uu.blocks(data, start, end)
    clear = _without(data, start, end, found) if found else data[start : min(end, start + _BYTES)]
    text = _ENRICHED.get(part.content_type, str)(_decoded(part, clear))
    if part.kind.get("format").lower() == "flowed":
        text = unflow(text, delsp=part.kind.get("delsp").lower() == "yes")
    inside = tuple([_enclosed(part, block) for block in found])
    return Body((Text(plain=unsigned(text), at=part.start),), inside + _overlong(raw, part, end - start))


def _decoded(part: Part, data: bytes) -> str:
    charset = part.kind.get("charset")
    if not charset and part.content_type == "text/html" and (meta := _META.search(data, 0, 4_096)):
        charset = meta[1].decode("ascii")
    return clean(decode(data[:_BYTES], charset)[:TEXT_LIMIT])


def _overlong(raw: Raw, part: Part, length: int) -> tuple[File, ...]:
    """A text too long to be read whole is a file as well: its end must not be lost."""
    if length < TEXT_LIMIT:
        return ()
    file = files.of_part(raw, part, inline=False)
    return (file._replace(fallback="text." + file.fallback.rpartition(".")[2]),)


def _without(data: Raw, start: int, end: int, found: list[uu.Block]) -> bytes:
    """What stands around these files, as much of it as is read."""
    edges = [start, *(edge for block in found for edge in (block.start, block.end)), end]
    out, left = [], _BYTES
    for a, b in zip(edges[::2], edges[1::2], strict=True):
        out.append(data[a : min(b, a + left)])
        left -= len(out[-1])
    return b"".join(out)


def _enclosed(part: Part, block: uu.Block) -> File:
    name = decode_words(block.name)
    if part.coding is Coding.IDENTITY:
        source = Slice(block.body, block.end - block.body, (Coding.UUENCODE,))
    else:
        cut = Cut(block.body, block.end - block.body)
        source = Slice(part.start, part.end - part.start, (part.coding, cut, Coding.UUENCODE))
    return File(name, "part.bin", "application/octet-stream", source)


def _winmail(raw: Raw, part: Part) -> Body | None:
    """A winmail.dat opened; None where the part is none, which then stays a file as it is."""
    if part.content_type not in _TNEF and files.written_name(part).lower() != "winmail.dat":
        return None
    data = read(raw, part.source) if beginning(raw, part.source, len(SIGNATURE)) == SIGNATURE else b""
    tnef = read_tnef(data)
    if tnef is None:
        return None
    text = Text(text_of(data, tnef), _page(data, tnef), spare=True, at=part.start)
    return Body((text,), tuple(files.of_tnef(part, data, tnef)))


def _page(data: bytes, tnef: Tnef) -> str:
    offset, length = tnef.html
    return clean(decode(data[offset : offset + length], tnef.charset)[:TEXT_LIMIT]) if length else ""


def _encrypted(part: Part) -> Body:
    return Body((Text(ENCRYPTED, spare=True, at=part.start),))


def _smime(raw: Raw, part: Part, room: _Room) -> Body | None:
    """What an opaque S/MIME part (RFC 8551) says; None where the part is none, or nobody may look inside."""
    if part.content_type not in _SMIME and not files.written_name(part).lower().endswith(_SMIME_NAMES):
        return None
    match cms.sort_of(read(raw, Slice(part.start, min(part.end - part.start, 200), (part.coding,)))):
        case cms.SIGNED if room.openings > 0 and room.parts > 0:
            return _signed(raw, part, room)
        case cms.ENCRYPTED:
            return _sum([_encrypted(part), Body(files=(_filed(raw, part),))])
        case _:
            return None


def _signed(raw: Raw, part: Part, room: _Room) -> Body | None:
    """The content takes the place of the part; where it is not whole, the part stays a file besides.

    Documents are signed in this form too (CAdES): what is no MIME entity stays the file that it is.
    """
    room.openings -= 1
    content = cms.SignedContent()
    data = b"".join(map(content.feed, pieces(raw, part.source)))
    root = tree(data, room.parts)
    if not (data.startswith((b"\n", b"\r\n")) or b"content-type" in root.fields.named):
        return None
    used = count(root)
    left, room.parts = room.parts, room.parts - used
    outer = Slice(part.start, part.end - part.start, (part.coding, Coding.SIGNED))
    inside = _moved(_whole(data, root, room), outer)
    return inside if content.complete and used < left else _sum([inside, Body(files=(_filed(raw, part),))])


def _moved(body: Body, outer: Slice) -> Body:
    """The same where its offsets are into what the outer slice gives."""
    return Body(
        tuple(text._replace(at=outer.offset) for text in body.texts),
        tuple(
            file._replace(source=within(outer, file.source)) if isinstance(file.source, Slice) else file
            for file in body.files
        ),
    )
