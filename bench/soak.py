"""A soak: a real daemon, a helpdesk and senders at an even load; memory, descriptors, threads and processes stay flat.

    .venv/bin/python bench/soak.py --minutes 20 --rate 5

Every five seconds the daemon and its children are measured from /proc. At the end each mail must be in the helpdesk
once, and nothing may have grown over the second half: the slope is the median of all slopes between two samples
(Theil-Sen), which a single peak does not move. Exit 1 where it grew or a mail is missing or there twice. Linux only.
"""

import argparse
import contextlib
import json
import os
import random
import re
import smtplib
import socket
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from pathlib import Path

PROGRAM = str(Path(sys.executable).with_name("ingestd"))
EVERY = 5.0
AUTHORS = 200
# What may be added over the second half: measuring errors, and a page or two of caches that are bounded.
MOST_GROWTH = {"daemon_mb": 4.0, "all_mb": 8.0, "fds": 4.0, "threads": 2.0, "processes": 1.0}
CONFIG = """
[smtp]
listen = ["127.0.0.1:{smtp}"]
[helpdesk]
kind = "whmcs"
url = "http://127.0.0.1:{desk}/includes/api.php"
identifier = "soak"
secret = "soak"
[desk]
listen = "127.0.0.1:{desk}"
[log]
format = "json"
[[route]]
recipient = "support@example.com"
department = 1
"""


class Senders:
    """Write at an even rate from `count` threads until stopped; `sent` holds what was accepted."""

    def __init__(self, port, rate, count=3):
        self._port, self._pause = port, count / rate
        self._numbers, self._lock = iter(range(1, 10**9)), threading.Lock()
        self._stop = threading.Event()
        self.sent, self.troubles = {}, Counter()
        self._threads = [threading.Thread(target=self._write, args=(n,)) for n in range(count)]

    def start(self):
        for thread in self._threads:
            thread.start()

    def stop(self):
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def _write(self, seed):
        chance, due = random.Random(seed), time.monotonic()
        while not self._stop.is_set():
            with self._lock:
                number = next(self._numbers)
            self._send(number, chance)
            due += self._pause * chance.uniform(0.5, 1.5)
            self._stop.wait(max(0.0, due - time.monotonic()))

    def _send(self, number, chance):
        raw, author = mail(number, chance)
        while not self._stop.is_set():
            try:
                with smtplib.SMTP("127.0.0.1", self._port, "mx.example.net", timeout=30) as client:
                    client.sendmail(author, ["support@example.com"], raw)
                self.sent[number] = time.monotonic()
                return
            except (OSError, smtplib.SMTPException) as error:
                self.troubles[type(error).__name__] += 1
                self._stop.wait(0.5)


def mail(number, chance):
    """One mail: a new one, an answer to one of the last hundred, or one with a file."""
    author = f"author{number % AUTHORS}@example.net"
    head = [f"From: {author}", "To: support@example.com", f"Message-ID: <s{number}@soak.example.net>"]
    known = number - AUTHORS * chance.randrange(1, 3)
    if known > 0 and chance.random() < 0.4:
        head += [f"Subject: Re: Soak {known}", f"References: <s{known}@soak.example.net>"]
    else:
        head.append(f"Subject: Soak {number}")
    head += ["MIME-Version: 1.0", 'Content-Type: multipart/mixed; boundary="b"', "", ""]
    words = " ".join(f"word{chance.randrange(1000)}" for _ in range(chance.randrange(10, 300)))
    body = f"--b\r\nContent-Type: text/plain\r\n\r\nThis is s{number}.\r\n{words}\r\n"
    if chance.random() < 0.2:
        data = chance.randbytes(chance.randrange(1000, 60_000)).hex()
        lines = "\r\n".join(data[i : i + 76] for i in range(0, len(data), 76))
        body += f'--b\r\nContent-Type: text/csv\r\nContent-Disposition: attachment; filename="{number}.csv"\r\n\r\n{lines}\r\n'
    return ("\r\n".join(head) + body + "--b--\r\n").encode(), author


def family(pid):
    """The process and all its children."""
    found = [pid]
    for each in found:
        for task in Path(f"/proc/{each}/task").glob("*/children"):
            with contextlib.suppress(OSError):
                found += map(int, task.read_text().split())
    return found


def measured(pid):
    """Megabytes, descriptors, threads and processes now."""
    rss, fds, threads, count = [], 0, 0, 0
    for each in family(pid):
        with contextlib.suppress(OSError):
            status = Path(f"/proc/{each}/status").read_text()
            rss.append(int(re.search(r"VmRSS:\s+(\d+)", status)[1]) / 1024)
            threads += int(re.search(r"Threads:\s+(\d+)", status)[1])
            fds += len(os.listdir(f"/proc/{each}/fd"))
            count += 1
    return {"daemon_mb": rss[0], "all_mb": sum(rss), "fds": fds, "threads": threads, "processes": count}


def slope(points):
    """The median of all slopes between two points, per second."""
    slopes = [(y2 - y1) / (x2 - x1) for i, (x1, y1) in enumerate(points) for x2, y2 in points[i + 1 :]]
    return statistics.median(slopes) if slopes else 0.0


def growths(samples):
    """What each measure adds over the second half of the samples."""
    half = samples[len(samples) // 2 :]
    span = half[-1][0] - half[0][0]
    return {name: slope([(at, values[name]) for at, values in half]) * span for name in MOST_GROWTH}


def counts(folder):
    with contextlib.closing(sqlite3.connect(f"file:{folder}/ingestd.db?mode=ro", uri=True)) as database:
        return dict(database.execute("SELECT status, count(*) FROM entry GROUP BY status"))


def waiting(folder):
    return sum(count for status, count in counts(folder).items() if status in {"incoming", "active", "deferred"})


def arrived(folder):
    """How often each number is in the helpdesk."""
    with contextlib.closing(sqlite3.connect(f"file:{folder}/desk.db?mode=ro", uri=True)) as database:
        texts = (text for (text,) in database.execute("SELECT message FROM post"))
        return Counter(int(found[1]) for text in texts if (found := re.match(r"This is s(\d+)\.", text)))


def until(enough, seconds):
    end = time.monotonic() + seconds
    while not enough():
        if time.monotonic() > end:
            return False
        time.sleep(0.2)
    return True


def knocked(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as free:
        return free.getsockname()[1]


def soaked(folder, pid, senders, minutes):
    """Samples of so many minutes."""
    samples, began = [], time.monotonic()
    print("seconds  daemon MB  all MB  fds  threads  processes   sent  waiting", flush=True)
    while (at := time.monotonic() - began) < minutes * 60:
        now = measured(pid)
        samples.append((at, now))
        if len(samples) % 12 == 1:
            print(
                f"{at:7.0f}  {now['daemon_mb']:9.1f}  {now['all_mb']:6.1f}  {now['fds']:3}  {now['threads']:7}  "
                f"{now['processes']:9}  {len(senders.sent):5}  {waiting(folder):7}",
                flush=True,
            )
        time.sleep(EVERY - (time.monotonic() - began) % EVERY)
    return samples


def run(folder, minutes, rate):
    smtp, desk = free_port(), free_port()
    config = folder / "config.toml"
    config.write_text(CONFIG.format(smtp=smtp, desk=desk))
    processes = []
    with (folder / "log").open("ab") as log:
        for verb, port in (("desk", desk), ("run", smtp)):
            processes.append(subprocess.Popen([PROGRAM, verb, "-c", config], stdout=log, stderr=log))
            assert until(lambda port=port: knocked(port), 60), f"`ingestd {verb}` does not start"
    senders = Senders(smtp, rate)
    try:
        senders.start()
        samples = soaked(folder, processes[1].pid, senders, minutes)
        senders.stop()
        drained = until(lambda: not waiting(folder), 120)
        return told(senders, samples, drained, counts(folder), arrived(folder))
    finally:
        senders.stop()
        for process in reversed(processes):
            process.terminate()
            process.wait(60)


def told(senders, samples, drained, statuses, there):
    """Print what came of it; whether all is well."""
    wrong = [f"mail s{n} is there {there[n]} times" for n in senders.sent if there[n] != 1]
    wrong += [] if drained else ["the queue did not drain"]
    for name, growth in growths(samples).items():
        values = [values[name] for _, values in samples]
        print(f"{name}: {min(values):.1f} to {max(values):.1f}, {growth:+.2f} over the second half")
        if growth > MOST_GROWTH[name]:
            wrong.append(f"{name} grows: {growth:+.2f}, more than {MOST_GROWTH[name]}")
    print(json.dumps({"sent": len(senders.sent), "statuses": statuses, "troubles": dict(senders.troubles)}))
    print("\n".join(wrong[:20]) or "all is well")
    return not wrong


if __name__ == "__main__":
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--minutes", type=float, default=20)
    asked.add_argument("--rate", type=float, default=5, help="mails a second")
    options = asked.parse_args()
    with tempfile.TemporaryDirectory(prefix="soak-") as named:
        sys.exit(not run(Path(named), options.minutes, options.rate))
