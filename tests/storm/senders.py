"""Those who write in a storm: several at a time, each mail until it has its 250, and now and then once more."""

import smtplib
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random

from letters import Letter


@dataclass
class Sent:
    """What the senders know. `ids` holds the queue ids that the door named for each mail, `numbers` the tickets'."""

    ids: dict[str, set[str]] = field(default_factory=dict)
    numbers: dict[str, str] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def learn(self, numbers: dict[str, str]) -> None:
        """As people learn the numbers of tickets, from the helpdesk's mails."""
        with self.lock:
            self.numbers.update(numbers)

    def number(self, title: str) -> str:
        with self.lock:
            return self.numbers.get(title, "")

    def accepted(self, token: str, queue_id: str) -> None:
        with self.lock:
            self.ids.setdefault(token, set()).add(queue_id)


def senders(
    seed: int, port: int, letters: list[list[Letter]], sent: Sent, count: int, pace: float
) -> list[threading.Thread]:
    """So many, started, each with its share of the conversations; `pace` is the mean pause between two mails of one."""
    made = []
    for number in range(count):
        mine, chance = letters[number::count], Random(f"{seed}.{number}")
        made.append(threading.Thread(target=_send_all, args=(port, mine, sent, chance, pace)))
        made[-1].start()
    return made


def _send_all(port: int, mine: list[list[Letter]], sent: Sent, chance: Random, pace: float) -> None:
    """Send these conversations, several at a time, each in its order."""
    under_way = [list(conversation) for conversation in mine]
    while under_way:
        conversation = chance.choice(under_way[:4])
        letter = conversation.pop(0)
        under_way = [each for each in under_way if each]
        _deliver(port, letter, sent, chance)
        time.sleep(chance.uniform(0.0, 2 * pace))


def _deliver(port: int, letter: Letter, sent: Sent, chance: Random) -> None:
    """Send a mail until it is accepted, and now and then once more, as an MX does that lost the 250."""
    number = sent.number(letter.title)
    raw, recipient = letter.raw(number), letter.recipient(number)
    more = 1 + (chance.random() < 0.15)
    hop = 0
    while more:
        hop += 1
        again = f"Received: by mx{hop}.example.net\r\n".encode() + raw
        queue_id = _sent(port, again, letter.author, recipient, stays=chance.random() >= 0.1)
        if queue_id:
            sent.accepted(letter.token, queue_id)
            more -= 1
        else:
            time.sleep(0.2)


def _sent(port: int, raw: bytes, author: str, recipient: str, *, stays: bool) -> str:
    """The queue id, or "" where there was no 250, also because the sender did not wait for it."""
    try:
        with smtplib.SMTP("127.0.0.1", port, "mx.example.net", timeout=20) as client:
            client.ehlo_or_helo_if_needed()
            client.mail(author)
            client.rcpt(recipient)
            if not stays:
                client.docmd("DATA")
                client.send(raw + b".\r\n")
                client.close()
                return ""
            code, says = client.data(raw)
    except (OSError, smtplib.SMTPException):
        return ""
    return says.split()[-1].decode() if code == 250 else ""


def until(enough: Callable[[], bool], seconds: float, pause: float = 0.05) -> None:
    """Ask until it holds, at most so long: what did not come is seen in the end."""
    end = time.monotonic() + seconds
    while not enough() and time.monotonic() < end:
        time.sleep(pause)
