"""`ingestd check` against each kind of helpdesk: what it cannot tell, and what need not be allowed."""

import re

from running import DeskThread, told, written

from ingestd.desk import KeliwebFace

# WHMCS as it is for `helpdesk.follow_up = "update"`.
WITHOUT_REPLIES = frozenset(
    {"OpenTicket", "UpdateTicket", "GetTicket", "GetTickets", "GetClientsDetails", "GetContacts", "GetUsers"}
    | {"GetSupportDepartments", "GetSupportStatuses", "AddTicketNote"}
)
OAUTH = {"client_id": "7", "client_secret": "c", "username": "u", "password": "p"}


def findings(folder, exits):
    return {finding["check"]: (finding["good"], finding["says"]) for finding in told(folder, "check", exits=exits)}


def test_a_role_without_replies(tmp_path):
    """AddTicketReply is asked for, unless follow-ups are updates."""
    with DeskThread(role=WITHOUT_REPLIES) as desk:
        written(tmp_path, desk)
        assert (False, "lacks AddTicketReply: allow them under API Roles") == findings(tmp_path, 1)["API role"]

        written(tmp_path, desk, helpdesk={"follow_up": "update"})
        assert (True, "allows every action that we need") == findings(tmp_path, 0)["API role"]


def test_keliweb(tmp_path):
    """The token is good; that its departments cannot be told is no fault. A wrong password is one."""
    with DeskThread(keliweb=KeliwebFace(**OAUTH)) as desk:
        good = keliweb(tmp_path, desk, "p")
        told = findings(tmp_path, 0)
        assert (True, None) == (told["token"][0], told["route support@example.com"][0])

        good.write_text(good.read_text().replace('password = "p"', 'password = "q"'))
        assert "no token (invalid_grant)" in findings(tmp_path, 1)["helpdesk"][1]


def keliweb(folder, desk, password):
    """The config of `written` with the way to Keliweb instead of that to a WHMCS."""
    config = written(folder, desk, helpdesk={"kind": "keliweb"})
    text = re.sub(r"(?m)^(identifier|secret) = .*\n", "", config.read_text())
    keys = "\n".join(f'{name} = "{value}"' for name, value in {**OAUTH, "password": password}.items())
    config.write_text(f"{text}\n[helpdesk.oauth]\n{keys}\n")
    return config
