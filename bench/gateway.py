"""Roundup's mail gateway in process, as a peer: a classic tracker on SQLite, one issue per mail.

    python bench/gateway.py MAILS FIRST AUTHORS

Prints the seconds for all of them, and how many issues there are then. Needs roundup (the extra `bench`).
"""

import argparse
import email
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from letters import letter
from sender import author


def tracker(home):
    admin = [str(Path(sys.executable).with_name("roundup-admin")), "-i", str(home)]
    settings = "mail_domain=example.com,mail_host=localhost,tracker_web=http://localhost/"
    subprocess.run([*admin, "install", "classic", "sqlite", settings], check=True, capture_output=True)
    config = home / "config.ini"
    text = config.read_text()
    # What it would mail to its users goes into a file: sending is no part of the comparison.
    text = text.replace("\ndebug = \n", f"\ndebug = {home}/sent\n").replace(
        "\ndomain = NO DEFAULT", "\ndomain = example.com"
    )
    config.write_text(
        text.replace("\nhost = NO DEFAULT", "\nhost = localhost").replace(
            "\nweb = NO DEFAULT", "\nweb = http://localhost/"
        )
    )
    subprocess.run([*admin, "initialise", "admin"], check=True, capture_output=True)


def main(mails, first, authors):
    import roundup.instance
    from roundup.mailgw import RoundupMessage

    with tempfile.TemporaryDirectory(prefix="bench-roundup-") as folder:
        home = Path(folder) / "home"
        tracker(home)
        instance = roundup.instance.open(str(home))
        database = instance.open("admin")
        for n in range(authors):  # the classic tracker takes mail of registered users only
            address = author(n, authors)
            database.user.create(username=address, address=address, roles="User")
        database.commit()
        database.close()
        asked = argparse.Namespace(default_class="", set_value=[])
        gateway = instance.MailGW(instance, asked)
        raws = [letter(n, author=author(n, authors)) for n in range(first, first + mails + 5)]
        made = [raw.replace(b"To: Support <support@example.com>", b"To: <issue_tracker@example.com>") for raw in raws]
        for raw in made[mails:]:
            gateway.handle_Message(email.message_from_bytes(raw, RoundupMessage))
        began = time.monotonic()
        for raw in made[:mails]:
            gateway.handle_Message(email.message_from_bytes(raw, RoundupMessage))
        seconds = time.monotonic() - began
        database = instance.open("admin")
        titles = {database.issue.get(number, "title") for number in database.issue.list()}
        database.close()
    print(json.dumps([seconds, len(titles)]))


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
