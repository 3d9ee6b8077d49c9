"""What `ingestd check` finds at each kind of helpdesk: what it cannot tell, and what need not be allowed."""

import asyncio
import re

from running import DeskThread, written

from ingestd.cli.check import checked
from ingestd.config import load
from ingestd.desk import KeliwebFace

# WHMCS as it is for `helpdesk.follow_up = "update"`.
WITHOUT_REPLIES = frozenset(
    {"OpenTicket", "UpdateTicket", "GetTicket", "GetTickets", "GetClientsDetails", "GetContacts", "GetUsers"}
    | {"GetSupportDepartments", "GetSupportStatuses", "AddTicketNote"}
)
OAUTH = {"client_id": "7", "client_secret": "c", "username": "u", "password": "p"}


def findings(config):
    return {found.name: (found.good, found.says) for found in asyncio.run(checked(load(config)))}


def test_a_role_without_replies(tmp_path):
    """AddTicketReply is asked for, unless follow-ups are updates."""
    with DeskThread(role=WITHOUT_REPLIES) as desk:
        found = findings(written(tmp_path, desk))
        assert (False, "lacks AddTicketReply: allow them under API Roles") == found["API role"]

        found = findings(written(tmp_path, desk, helpdesk={"follow_up": "update"}))
        assert (True, "allows every action that we need") == found["API role"]


def test_keliweb(tmp_path):
    """The token is good; that its departments cannot be told is no fault. A wrong password is one."""
    with DeskThread(keliweb=KeliwebFace(**OAUTH)) as desk:
        found = findings(keliweb(tmp_path, desk, "p"))
        assert (True, None) == (found["token"][0], found["route support@example.com"][0])

        good, says = findings(keliweb(tmp_path, desk, "wrong"))["helpdesk"]
        assert (False, True) == (good, "no token (invalid_grant)" in says)


def keliweb(folder, desk, password):
    """The config of `written` with the way to Keliweb instead of that to a WHMCS."""
    config = written(folder, desk, helpdesk={"kind": "keliweb"})
    text = re.sub(r"(?m)^(identifier|secret) = .*\n", "", config.read_text())
    keys = "\n".join(f'{name} = "{value}"' for name, value in {**OAUTH, "password": password}.items())
    config.write_text(f"{text}\n[helpdesk.oauth]\n{keys}\n")
    return config
