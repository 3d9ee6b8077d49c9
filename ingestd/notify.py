"""The service manager's protocols, sd_notify(3) and sd_listen_fds(3); without a service manager nothing happens."""

import os
import socket
import time
from contextlib import suppress

FIRST_DESCRIPTOR = 3


def ready(status: str) -> None:
    """Tell that mail is taken in from now on."""
    notify("READY=1", f"STATUS={_line(status)}")


def reloading() -> None:
    """Tell that files are read again. With the time, as systemd 253 wants it for Type=notify-reload."""
    notify("RELOADING=1", f"MONOTONIC_USEC={time.monotonic_ns() // 1000}")


def reloaded() -> None:
    """Tell that they have been read; the line of status stays."""
    notify("READY=1")


def status(text: str) -> None:
    """Tell in one line what goes on; `systemctl status` shows it."""
    notify(f"STATUS={_line(text)}")


def stopping(text: str) -> None:
    """Tell that the end has begun."""
    notify("STOPPING=1", f"STATUS={_line(text)}")


def watchdog() -> None:
    """Tell that the event loop still turns."""
    notify("WATCHDOG=1")


def notify(*assignments: str) -> None:
    """Send assignments in one datagram; a manager that does not listen is no trouble of ours."""
    address = os.environ.get("NOTIFY_SOCKET", "")
    if not address.startswith(("/", "@")):
        return
    # An abstract socket is written with @ and bound with NUL (unix(7)).
    name = "\0" + address[1:] if address.startswith("@") else address
    with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK) as sender:
        sender.sendto("\n".join(assignments).encode("utf-8", "replace"), name)


def watchdog_interval() -> float | None:
    """Seconds between two signs of life, half of what the manager allows; None where it does not watch us."""
    allowed = os.environ.get("WATCHDOG_USEC", "")
    ours = os.environ.get("WATCHDOG_PID", str(os.getpid())) == str(os.getpid())
    return int(allowed) / 2e6 if ours and allowed.isdecimal() and int(allowed) else None


def passed_sockets() -> dict[str, tuple[socket.socket, ...]]:
    """The listening sockets that the manager bound for us, by their FileDescriptorName=; there is but one taker."""
    if os.environ.pop("LISTEN_PID", "") != str(os.getpid()):
        return {}
    count = os.environ.pop("LISTEN_FDS", "")
    names = os.environ.pop("LISTEN_FDNAMES", "").split(":")
    passed: dict[str, tuple[socket.socket, ...]] = {}
    for offset in range(int(count) if count.isdecimal() else 0):
        name = names[offset] if offset < len(names) and names[offset] else "unknown"
        passed[name] = (*passed.get(name, ()), _taken(FIRST_DESCRIPTOR + offset))
    return passed


def _taken(descriptor: int) -> socket.socket:
    # They come inheritable: the parser's process must not hold the door open when we are gone.
    os.set_inheritable(descriptor, False)
    taken = socket.socket(fileno=descriptor)
    taken.setblocking(False)
    return taken


def _line(text: str) -> str:
    return " ".join(text.split())
