"""A mail that could not be read at all: a ticket comes of it nevertheless."""

from ingestd.core.model import Attachment, Kind, Mail, Slice

TEXT = "(This mail could not be read. It is attached as it came.)"


def unread(size: int) -> Mail:
    """Nothing of the content but the raw mail of `size` bytes as a file; the envelope tells who wrote."""
    whole = Attachment("message.eml", "message/rfc822", size, Slice(0, size, ()))
    return Mail(
        message_id="",
        author=None,
        reply_to=(),
        to=(),
        cc=(),
        subject="",
        date=None,
        in_reply_to=(),
        references=(),
        kind=Kind.ORDINARY,
        sign="",
        text=TEXT,
        reply=TEXT,
        html="",
        markdown="",
        attachments=(whole,),
        hops=0,
        headers=(),
        defects=("unreadable",),
    )
