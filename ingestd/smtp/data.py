"""The content of a mail out of a stream: where DATA ends, and dots undone (RFC 5321 section 4.5.2). No I/O."""

END = b"\r\n.\r\n"


class Content:
    """Takes blocks as they come. Only CRLF.CRLF ends the content; a bare LF or CR ends nothing, and stays."""

    def __init__(self) -> None:
        # An empty line before the first makes a dot at the very beginning like any other.
        self._kept = b"\r\n"
        self._virtual = 2
        self.done = False
        self.rest = b""

    def feed(self, block: bytes) -> bytes:
        """The content that this block completes. After the end `done` is set, and `rest` is what came behind it."""
        buffer = self._kept + block
        end = buffer.find(END)
        if end >= 0:
            self.done, self.rest, self._kept = True, buffer[end + len(END) :], b""
            return self._plain(buffer[: end + 2])
        kept = _may_begin_end(buffer)
        self._kept = buffer[len(buffer) - kept :]
        return self._plain(buffer[: len(buffer) - kept])

    def _plain(self, content: bytes) -> bytes:
        if b"\r\n." in content:
            content = content.replace(b"\r\n.", b"\r\n")
        skipped = min(self._virtual, len(content))
        self._virtual -= skipped
        return content[skipped:] if skipped else content


def ends(content: bytearray, seen: int) -> bool:
    """Whether CRLF.CRLF stands in this content, of which the first `seen` bytes were looked at before."""
    return content.find(END, max(0, seen - len(END) + 1)) >= 0 or content.startswith(END[2:])


def _may_begin_end(buffer: bytes) -> int:
    """How many last bytes may be the beginning of CRLF.CRLF."""
    return next((n for n in range(len(END) - 1, 0, -1) if buffer.endswith(END[:n])), 0)
