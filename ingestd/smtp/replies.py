"""What we answer: every reply with an enhanced status code (RFC 2034, RFC 3463), and none with our internals."""

import re
from typing import Final

GREETING_REFUSED: Final = "554 5.7.1 Not one of our relays; connect from a host in smtp.relays"
TOO_MANY_CONNECTIONS: Final = "421 4.7.0 Too many connections; try again later"
TOO_MANY_OF_ONE: Final = "421 4.7.0 Too many connections from one peer; try again later"
TROUBLE: Final = "451 4.3.0 Try again later"
TIMED_OUT: Final = "421 4.4.2 Timeout, closing the connection"
STOPPING: Final = "421 4.3.2 Shutting down; try again later"
TOO_MANY_ERRORS: Final = "421 4.7.0 Too many errors"
TOO_MANY_COMMANDS: Final = "421 4.7.0 Too many commands without a mail"
TOO_LONG_SESSION: Final = "421 4.7.0 Session has lasted long enough; connect again"
NO_DISK: Final = "452 4.3.1 Not enough disk space; try again later"
FULL_QUEUE: Final = "452 4.3.1 Too many mails wait here; try again later"
OLD_QUEUE: Final = "452 4.3.1 Mails have waited here for too long; try again later"
NO_MEMORY: Final = "452 4.3.1 Too many large mails at once; try again later"
TOO_BIG: Final = "552 5.3.4 Mail is larger than we take"
NO_SUCH_MAILBOX: Final = "550 5.1.1 No such mailbox"
TOO_MANY_RECIPIENTS: Final = "452 4.5.3 Too many recipients"
NOT_UTF8: Final = "553 5.6.7 Address is not valid UTF-8"
BAD_ADDRESS: Final = "553 5.1.3 Malformed address"
SENDER_OK: Final = "250 2.0.0 OK"
RECIPIENT_OK: Final = "250 2.1.5 Ok"
BYE: Final = "221 2.0.0 Bye"
GO_ON: Final = "354 End data with <CR><LF>.<CR><LF>"
MAIL_FIRST: Final = "503 5.5.1 MAIL first"
RCPT_FIRST: Final = "503 5.5.1 RCPT first"
DATA_SYNTAX: Final = "501 5.5.4 Syntax: DATA"
HELO_SYNTAX: Final = "501 5.5.4 Syntax: EHLO hostname"
NO_AUTH: Final = "502 5.5.1 AUTH is not offered"
NO_TLS: Final = "502 5.5.1 STARTTLS is not offered"
TLS_ALREADY: Final = "503 5.5.1 TLS is on already"
HELP: Final = "214 2.0.0 See RFC 5321"
VERIFY: Final = "252 2.0.0 Send some mail, and we shall see"
UNKNOWN_COMMAND: Final = "500 5.5.1 Command not recognized"

_UNPRINTABLE: Final = re.compile(r"[^ -~]")
_LONGEST_REASON: Final = 200
_ENHANCED: Final = re.compile(r"\d{3} [245]\.\d{1,3}\.\d{1,3}( |$)")
# The library's replies in our words: one of them would repeat what the peer sent, whatever it is.
_OURS: Final = {
    '500 Error: command "': UNKNOWN_COMMAND,
    # What it says where even our answer to trouble met trouble: permanent, and with our internals.
    "500 Error: (": TROUBLE,
    "500 Error: Cannot describe": TROUBLE,
    "220 Ready to start TLS": "220 2.0.0 Ready to start TLS",
    "552 Error: ": TOO_BIG,
    "553 5.1.3 Error: ": BAD_ADDRESS,
}
_PLAIN: Final = {
    "221": "2.0.0",
    "250": "2.0.0",
    "252": "2.0.0",
    "454": "4.7.0",
    "500": "5.5.2",
    "501": "5.5.4",
    "502": "5.5.1",
    "503": "5.5.1",
    "530": "5.7.0",
    "554": "5.7.0",
    "555": "5.5.4",
}


def enhanced(status: str) -> str:
    """The reply with an enhanced code, if it had none; the library's words stay, without "Error:".

    The greeting gets none (RFC 2034 section 4).
    """
    if ours := next((ours for theirs, ours in _OURS.items() if status.startswith(theirs)), ""):
        return ours
    if _ENHANCED.match(status) or status[:3] not in _PLAIN:
        return status
    words = status[4:].removeprefix("Error: ").strip()
    return f"{status[:3]} {_PLAIN[status[:3]]} {words}"


def refused(reason: str) -> str:
    """The mail would be discarded by a rule, and its author is told which: printable, and not long."""
    return f"550 5.7.1 Not accepted: {_UNPRINTABLE.sub('?', reason[:_LONGEST_REASON])}"


def line_of(reply: str) -> bytes:
    """The reply as it goes out."""
    return reply.encode("utf-8", "replace") + b"\r\n"


def queued(queue_id: str) -> str:
    """The mail is ours."""
    return f"250 2.0.0 Ok: queued as {queue_id}"
