"""Which mails one parsing process reads in a row: together they cost one message there instead of one each."""

import asyncio
from collections import deque
from collections.abc import Iterable
from typing import Final

from ingestd.delivery.message import Answer, Request

# What a socket takes at once, so that nothing of it waits until the first mail is read.
_TOGETHER: Final = 1 << 16
# As many as a mail that uses up its time may hold up, and itself.
_MOST: Final = 4


class Turn:
    """A mail that waits to be read, in so many seconds; `alone` where no other shall share its sitting."""

    def __init__(self, request: Request, seconds: float, *, alone: bool) -> None:
        self.request = request
        self.seconds = seconds
        self.alone = alone or len(request.source) > _TOGETHER
        self.answer: asyncio.Future[Answer | None] = asyncio.get_running_loop().create_future()

    @property
    def open(self) -> bool:
        """Whether somebody still waits for the answer."""
        return not self.answer.done()

    def tell(self, answer: Answer | None) -> None:
        """The answer; None where this mail ended the process, or took too long."""
        if self.open:
            self.answer.set_result(answer)

    def fail(self, error: Exception) -> None:
        """Nobody can read it now."""
        if self.open:
            self.answer.set_exception(error)


def sitting(waiting: deque[Turn], processes: int) -> list[Turn]:
    """Take the next of those who wait for a process, of so many that are free; nobody where nobody waits.

    Each of the processes is left its share, so that two small mails are read side by side.
    """
    most, room = min(_MOST, -(-len(waiting) // processes)), _TOGETHER
    turns: list[Turn] = []
    while waiting and len(turns) < most:
        turn = waiting[0]
        if turns and (turn.alone or len(turn.request.source) > room):
            break
        waiting.popleft()
        if turn.open:
            turns.append(turn)
            room -= len(turn.request.source)
            if turn.alone:
                break
    return turns


def put_back(waiting: deque[Turn], turns: Iterable[Turn]) -> None:
    """Have those come next whom another mail cost their process."""
    waiting.extendleft(reversed([turn for turn in turns if turn.open]))
