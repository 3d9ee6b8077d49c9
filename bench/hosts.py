"""What a benchmark puts side by side, each as processes of its own in a folder of its own: ingestd, Postfix, a helpdesk."""

import contextlib
import json
import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from datetime import UTC, datetime
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent / "tests" / "system"))

from postfix_instance import MAIN, MASTER, free_port  # noqa: E402
from running import Ingestd, Manager, until, written  # noqa: E402

SUPPORT = "support@example.com"
PATIENCE = 120.0


@contextlib.contextmanager
def folder():
    """A fresh folder: an old one makes each new file in it dearer."""
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        yield Path(name)


class Daemon(Ingestd):
    """`ingestd run` in a folder, at this helpdesk. `undurable` is for the benchmark that asks what durable costs."""

    def __init__(self, place, url=None, *, undurable=False, before=(), route=None, tables=None, **sections):
        self.place = place
        sections.setdefault("helpdesk", {})
        sections["helpdesk"] = {"timeout": "30s", "settle": "60s", **sections["helpdesk"]}
        routes = [{"recipient": SUPPORT, "department": 1, **(route or {})}]
        config = written(place, _Desk(url) if url else None, route=routes, **{**sections, **(tables or {})})
        # No port that somebody else may have: the embedded helpdesk takes a free one.
        config.write_text(config.read_text() + f'[desk]\nlisten = "127.0.0.1:{free_port()}"\n')
        self.began = time.monotonic()
        if undurable:
            before = [sys.executable, str(HERE / "undurable.py")]
        super().__init__(place, Manager(), {}, before)
        try:
            self.manager.until(lambda said: "READY=1" in said, PATIENCE)
        except AssertionError:
            self.end()
            raise AssertionError(self._log.read_text()[-2000:]) from None
        self.ready = time.monotonic() - self.began

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.end()

    def processes(self):
        """Its processes' ids, the parser's among them."""
        found, fresh = [], [self.process.pid]
        while fresh:
            pid = fresh.pop()
            found.append(pid)
            with contextlib.suppress(FileNotFoundError):
                for task in Path(f"/proc/{pid}/task").iterdir():
                    fresh += map(int, (task / "children").read_text().split())
        return found

    def memory(self):
        """Bytes of all processes, what they share counted once (PSS)."""
        return sum(filter(None, map(pss, self.processes())))

    def counts(self):
        """Entries by status, as they stand in the spool now."""
        with contextlib.closing(sqlite3.connect(f"file:{self.place}/ingestd.db?mode=ro", uri=True)) as spool:
            return dict(spool.execute("SELECT status, count(*) FROM entry GROUP BY status"))

    def kept(self):
        """How many entries the spool holds, and how many bytes of raw mail."""
        with contextlib.closing(sqlite3.connect(f"file:{self.place}/ingestd.db?mode=ro", uri=True)) as spool:
            (entries,) = spool.execute("SELECT count(*) FROM entry").fetchone()
            (size,) = spool.execute("SELECT coalesce(sum(length(data)), 0) FROM chunk").fetchone()
        return entries, size


class _Desk:
    def __init__(self, url):
        self.url = url


def pss(pid):
    """Bytes of one process by /proc/PID/smaps_rollup; None where it is gone."""
    with contextlib.suppress(FileNotFoundError, ProcessLookupError):
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) * 1024
    return None


def cpu(pid):
    """Seconds of CPU that a process has used, with its children that have ended."""
    words = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return sum(map(int, words[11:15])) / os.sysconf("SC_CLK_TCK")


class StandIn:
    """The helpdesk that costs nothing, as a process."""

    def __init__(self, delay=0.0):
        self.process = subprocess.Popen(
            [sys.executable, str(HERE / "standin.py"), "--delay", str(delay)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        self.url = self.process.stdout.readline().strip()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.wait(PATIENCE)
        self.process.stdout.close()

    def told(self):
        with urllib.request.urlopen(self.url, timeout=PATIENCE) as answer:
            return json.load(answer)


class Peak:
    """The most memory that some processes had while the block ran, seen every `pause` seconds."""

    def __init__(self, look, pause=0.01):
        self._look, self._pause = look, pause
        self._over = threading.Event()
        self.most = 0

    def __enter__(self):
        self._thread = threading.Thread(target=self._watch)
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._over.set()
        self._thread.join()

    def _watch(self):
        while not self._over.wait(self._pause):
            self.most = max(self.most, self._look())


class Postfix:
    """Debian's Postfix, an instance of its own: smtpd and cleanup, every mail synced and put on HOLD."""

    def __init__(self):
        if not shutil.which("smtp-source") or os.getuid() != 0:
            sys.exit("needs Debian's postfix (apt-get install postfix) and root, to start an instance of its own")
        self._folder = tempfile.TemporaryDirectory(prefix="bench-postfix-")
        self.folder = Path(self._folder.name)
        self.folder.chmod(0o755)
        self.port = free_port()
        self.config = self.folder / "config"

    def __enter__(self):
        for name in ("config", "queue", "data"):
            (self.folder / name).mkdir()
        shutil.chown(self.folder / "data", "postfix")
        main = MAIN.format(folder=self.folder) + (
            "relay_domains = example.com\nsmtpd_recipient_restrictions = check_client_access static:HOLD, permit\n"
            "default_process_limit = 120\nsmtpd_client_connection_count_limit = 0\nmessage_size_limit = 0\n"
        )
        (self.config / "main.cf").write_text(main)
        (self.config / "master.cf").write_text(MASTER.format(port=f"127.0.0.1:{self.port}"))
        subprocess.run(["postfix", "-c", self.config, "start"], capture_output=True, check=True)
        until(self._knock)
        return self

    def _knock(self):
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1) as line:
            return line.recv(100).startswith(b"220")
        return False

    def held(self):
        """How many mails are on hold, and their bytes."""
        files = [path for path in (self.folder / "queue" / "hold").rglob("*") if path.is_file()]
        return len(files), sum(path.stat().st_size for path in files)

    def __exit__(self, *_):
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            os.kill(int((self.folder / "queue/pid/master.pid").read_text()), signal.SIGTERM)
        status = ["postfix", "-c", self.config, "status"]
        until(lambda: subprocess.run(status, capture_output=True, check=False).returncode)
        self._folder.cleanup()


def poured(port, mails, sessions, size, *, stay):
    """Send mails of `size` bytes with Postfix's own load generator; the seconds it took. `stay` keeps connections."""
    began = time.monotonic()
    subprocess.run(
        [
            "smtp-source", *(["-d"] if stay else []), "-s", str(sessions), "-m", str(mails), "-l", str(size),
            "-f", "gina@shop.example.net", "-t", SUPPORT, f"127.0.0.1:{port}",
        ],
        check=True, timeout=600, capture_output=True,
    )  # fmt: skip
    return time.monotonic() - began


def submitted(place, mails):
    """Put mails into the spool of a folder as `ingestd submit` does, without a daemon."""
    import asyncio

    asyncio.run(_accepted(place, mails))


async def _accepted(place, mails):
    import asyncio

    from ingestd.core.model import Envelope
    from ingestd.core.refs import conversation_key
    from ingestd.mail.outline import Outliner
    from ingestd.store.spool import Arrival, Recipient, Spool

    spool = Spool(f"sqlite:///{place}/ingestd.db", create=True, boot="bench")
    await spool.open(exclusive=False)
    pending = []
    for raw in mails:
        outliner = Outliner()
        outliner.feed(raw)
        outline = outliner.finish()
        key = conversation_key(outline.subject, SUPPORT, outline.root, outline.digest)
        now = datetime.now(UTC)
        envelope = Envelope("gina@shop.example.net", SUPPORT, SUPPORT, "127.0.0.1", "mx", False, now)
        ids = (outline.digest, (Recipient(envelope, key),), outline.message_id)
        pending.append(spool.accept(Arrival(spool.new_raw_id(), 0, (raw,), len(raw), *ids)))
    await asyncio.gather(*pending)
    await spool.close()


def filled(place, entries, waiting):
    """A spool with so many entries, the last `waiting` of them waiting and the rest done; its mails are small."""
    import asyncio

    from ingestd.core.journal import Finish, Status  # noqa: F401
    from ingestd.store.ids import next_ids
    from ingestd.store.rows import digest
    from letters import letter

    asyncio.run(_accepted(place, []))
    ids = next_ids("", time.time)
    now = time.time() - entries / 1000
    raw = letter(1, 400)

    def rows():
        for number in range(entries):
            queue_id, due = next(ids), now + number / 1000
            done = number < entries - waiting
            yield (
                queue_id, queue_id, len(raw), done, digest(queue_id), "gina@shop.example.net", SUPPORT, SUPPORT, "127.0.0.1",
                "mx.example.net", False, due, f"id:{number}@shop.example.net", f"id:{number}@shop.example.net",
                "done" if done else "incoming", "new ticket" if done else "", due, None if done else due,
                digest(f"guest{number % 5000}"), digest(f"{number}@shop.example.net"), number if done else None,
            )  # fmt: skip

    names = (
        "queue_id raw_id size pruned fingerprint reverse_path recipient route peer helo tls received_at root conversation "
        "status reason due_at wake_at author_key message_key ticket_id"
    ).split()
    with contextlib.closing(sqlite3.connect(place / "ingestd.db", isolation_level=None)) as spool:
        spool.execute("PRAGMA synchronous = OFF")
        spool.execute("BEGIN")
        marks = ", ".join("?" * len(names))
        spool.executemany(f"INSERT INTO entry ({', '.join(names)}) VALUES ({marks})", rows())
        spool.execute("INSERT INTO chunk SELECT raw_id, 0, ? FROM entry WHERE wake_at IS NOT NULL", (raw,))
        event = json.dumps({"Planned": {"verdict": {"Discard": {"reason": "bench " * 20}}, "keeps": None, "why": ""}})
        spool.execute(
            "INSERT INTO line SELECT queue_id, n.value, received_at, ? FROM entry, json_each('[1,2,3]') n WHERE wake_at IS NULL",
            (event,),
        )
        spool.execute("UPDATE entry SET lines = 4 WHERE wake_at IS NULL")
        spool.execute("COMMIT")
        spool.execute("PRAGMA wal_checkpoint(TRUNCATE)")
