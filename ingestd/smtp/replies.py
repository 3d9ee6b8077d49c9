"""What we answer: every reply with an enhanced status code (RFC 2034, RFC 3463), and none with our internals."""

import re

GREETING_REFUSED = "554 5.7.1 Not one of our relays; connect from a host in smtp.relays"
TOO_MANY_CONNECTIONS = "421 4.7.0 Too many connections; try again later"
TROUBLE = "451 4.3.0 Try again later"
TIMED_OUT = "421 4.4.2 Timeout, closing the connection"
STOPPING = "421 4.3.2 Shutting down; try again later"
TOO_MANY_ERRORS = "421 4.7.0 Too many errors"
TOO_BIG = "552 5.3.4 Mail is larger than we take"
NO_SUCH_MAILBOX = "550 5.1.1 No such mailbox"
TOO_MANY_RECIPIENTS = "452 4.5.3 Too many recipients"
NOT_UTF8 = "553 5.6.7 Address is not valid UTF-8"
BAD_ADDRESS = "553 5.1.3 Malformed address"
NO_RECIPIENT = "503 5.5.1 RCPT first"
GO_ON = "354 End data with <CR><LF>.<CR><LF>"

_ENHANCED = re.compile(r"\d{3} [245]\.\d{1,3}\.\d{1,3}( |$)")
_PLAIN = {
    "214": "2.0.0",
    "220": "2.0.0",
    "221": "2.0.0",
    "250": "2.0.0",
    "252": "2.0.0",
    "454": "4.7.0",
    "500": "5.5.2",
    "501": "5.5.4",
    "502": "5.5.1",
    "503": "5.5.1",
    "552": "5.3.4",
    "553": "5.1.3",
    "554": "5.7.0",
    "555": "5.5.4",
}


def enhanced(status: str) -> str:
    """The reply with an enhanced code, if it had none; the library's words stay, without "Error:"."""
    if _ENHANCED.match(status) or status[:3] not in _PLAIN:
        return status
    words = status[4:].removeprefix("Error: ").strip()
    return f"{status[:3]} {_PLAIN[status[:3]]} {words}"


def queued(queue_id: str) -> str:
    """The mail is ours."""
    return f"250 2.0.0 Ok: queued as {queue_id}"
