"""What was asked and what was sent: kept in memory for tests to look at."""

import threading
from collections import deque
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from ingestd.desk.case import SentMail


@dataclass(slots=True)
class Request:
    """One API request; `outcome` is "" until it is answered, then "success" or the error. No credentials, no files."""

    number: int
    action: str
    at: datetime
    size: int
    fields: dict[str, str]
    fault: str = ""
    outcome: str = ""
    status: int = 0
    effect: bool = False


class Witness:
    """The latest requests and mails, at most `limit` of each."""

    def __init__(self, limit: int) -> None:
        self._lock = threading.Lock()
        self._requests: deque[Request] = deque(maxlen=limit)
        self._mails: deque[SentMail] = deque(maxlen=limit)
        self._count = 0

    def arrived(self, action: str, at: datetime, size: int, fields: dict[str, str]) -> Request:
        """Notes a request on its arrival; its end is written into it."""
        with self._lock:
            self._count += 1
            request = Request(self._count, action, at, size, fields)
            self._requests.append(request)
            return request

    def sent(self, mails: Sequence[SentMail]) -> None:
        with self._lock:
            self._mails.extend(mails)

    def requests(self) -> list[dict[str, Any]]:
        """The requests as JSON objects, in the order in which they came."""
        with self._lock:
            return [{**asdict(request), "at": request.at.isoformat()} for request in self._requests]

    def mails(self) -> list[dict[str, Any]]:
        """The mails as JSON objects, in the order in which they were sent."""
        with self._lock:
            return [{**asdict(mail), "to": list(mail.to), "at": mail.at.isoformat()} for mail in self._mails]
