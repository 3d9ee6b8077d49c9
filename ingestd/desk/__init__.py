"""The embedded helpdesk: a small server that speaks the WHMCS API, with a page to look at. Imports nothing of ours."""

from ingestd.desk.faults import Rule
from ingestd.desk.people import Admin, Client, Contact, Service, User
from ingestd.desk.seeds import Seed, SeedReply, SeedTicket
from ingestd.desk.server import Desk
from ingestd.desk.settings import Department, DeskSettings, EmptyList, KeliwebFace, ListShape, RefusedFile

__all__ = [
    "Admin",
    "Client",
    "Contact",
    "Department",
    "Desk",
    "DeskSettings",
    "EmptyList",
    "KeliwebFace",
    "ListShape",
    "RefusedFile",
    "Rule",
    "Seed",
    "SeedReply",
    "SeedTicket",
    "Service",
    "User",
]
