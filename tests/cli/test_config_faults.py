"""Every fault in the configuration is told at once, with its place and its remedy."""

from pathlib import Path

import pytest

from ingestd.config import load
from ingestd.core.errors import ConfigError

ROUTE = '[[route]]\nrecipient = "support@example.com"\ndepartment = 1\n'
RULE = '[[rule]]\nname = "x"\n'


@pytest.fixture
def faults(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def faults(text: str | bytes) -> list[str]:
        Path("config.toml").write_bytes(text if isinstance(text, bytes) else text.encode())
        with pytest.raises(ConfigError) as wrong:
            load(None)
        return list(wrong.value.faults)

    return faults


def test_every_fault_at_once_in_the_order_of_lines(faults):
    """One run tells all there is to mend, whichever section it stands in."""
    text = (
        '[smtp]\nmax_sise = "1 MB"\nmax_size = "25 MQ"\nrelays = [\n  "10.0.0.1/8",\n]\n'
        '[helpdesk]\nsettle = "20s"\n[[route]]\nrecipient = "support"\ndepartment = 0\n'
    )

    assert [
        "config.toml:2: smtp.max_sise: unknown key; did you mean max_size?",
        (
            "config.toml:3: smtp.max_size: '25 MQ' is no size; "
            'write a number with KiB, MiB, GiB, kB, MB or GB, like "25 MiB"'
        ),
        (
            "config.toml:4: smtp.relays: '10.0.0.1/8' has host bits set; "
            'write "10.0.0.0/8", or the one address without its mask'
        ),
        (
            "config.toml:8: helpdesk.settle: 20 s must be longer than helpdesk.timeout (30 s); "
            "a helpdesk that is still at work would be asked again"
        ),
        'config.toml:10: route.recipient: \'support\' is no recipient; write "name@example.com" or "*@example.com"',
        "config.toml:11: route.department: must be greater than or equal to 1; correct it",
    ] == faults(text)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("[smtp]\nlisten = [1\n", "config.toml:3: is not TOML: "),
        ('[smtp]\nhostname = "a"\nhostname = "b"\n', "config.toml:3: is not TOML: Cannot overwrite a value; "),
        (b'[smtp]\nhostname = "\xff"\n', "config.toml:2: is not UTF-8; "),
        ("", "config.toml: route: must be set; add it"),
        ("route = []\n", "config.toml:1: route: is empty; add a [[route]]"),
        ("smtp = 1\n" + ROUTE, "config.toml:1: smtp: must be a table; write [smtp]"),
        ("[hdesk]\n" + ROUTE, "config.toml:1: hdesk: unknown key; did you mean desk?"),
        ('settle = "1m"\n' + ROUTE, "config.toml:1: settle: unknown key here; it belongs in [helpdesk]"),
        (ROUTE + "depratment = 1\n", "config.toml:4: route.depratment: unknown key; did you mean department?"),
        (ROUTE + '[smtp]\nlisten = ["25"]\n', "config.toml:5: smtp.listen: '25' is no address; "),
        (ROUTE + "[smtp]\nlisten = []\n", "config.toml:5: smtp.listen: is empty; "),
        (ROUTE + '[smtp]\nlisten = ["h:65536"]\n', "config.toml:5: smtp.listen: 'h:65536' has no such port; "),
        (ROUTE + '[smtp]\nlisten = ["systemd:"]\n', "config.toml:5: smtp.listen: 'systemd:' names no socket; "),
        (ROUTE + '[smtp]\nhostname = "a b"\n', "config.toml:5: smtp.hostname: 'a b' is no host name; "),
        (ROUTE + "[smtp]\nmax_size = true\n", "config.toml:5: smtp.max_size: True is no size; "),
        (ROUTE + '[smtp]\nrelays = ["mx.example.com"]\n', "config.toml:5: smtp.relays: 'mx.example.com' is no network; "),
        (ROUTE + '[smtp]\nauthserv_id = ["a b"]\n', "config.toml:5: smtp.authserv_id: 'a b' is no authserv-id; "),
        (ROUTE + '[smtp]\nauthserv_id = [""]\n', "config.toml:5: smtp.authserv_id: '' is no authserv-id; "),
        (ROUTE + '[smtp]\ntrusted_hosts = ["10.0.0.0/8"]\n', "config.toml:5: smtp.trusted_hosts: '10.0.0.0/8' is no host; "),
        (ROUTE + "[policy]\nper_hour = 0\n", "config.toml:5: policy.per_hour: must be greater than or equal to 1; "),
        (ROUTE + "[smtp]\nstop_timeout = 30\n", "config.toml:5: smtp.stop_timeout: 30 is no duration; "),
        (ROUTE + '[smtp]\nstop_timeout = "0s"\n', "config.toml:5: smtp.stop_timeout: '0s' is out of range; "),
        (ROUTE + "[smtp]\nmax_connections = 0\n", "config.toml:5: smtp.max_connections: must be greater than or equal to 1; "),
        (ROUTE + "[smtp]\nmax_connections_per_peer = 0\n", "config.toml:5: smtp.max_connections_per_peer: must be greater than "),
        (ROUTE + "[smtp]\nmax_recipients = true\n", "config.toml:5: smtp.max_recipients: true is no whole number; "),
        (ROUTE + "[smtp]\nmax_errors = 0\n", "config.toml:5: smtp.max_errors: must be greater than or equal to 1; "),
        (ROUTE + "[smtp]\nmax_commands = 9\n", "config.toml:5: smtp.max_commands: must be greater than or equal to 10; "),
        (ROUTE + '[smtp]\nmax_session = "0"\n', "config.toml:5: smtp.max_session: '0' is no duration; "),
        (ROUTE + '[smtp]\ntimeout = "0s"\n', "config.toml:5: smtp.timeout: '0s' is out of range; "),
        (ROUTE + '[smtp]\nmin_rate = "0"\n', "config.toml:5: smtp.min_rate: '0' is out of range; "),
        (ROUTE + "[smtp]\nmax_in_flight = false\n", "config.toml:5: smtp.max_in_flight: False is no size; "),
        (ROUTE + "[spool]\nmin_free = false\n", "config.toml:5: spool.min_free: False is no size; "),
        (ROUTE + "[spool]\nmax_waiting = -1\n", "config.toml:5: spool.max_waiting: must be greater than or equal to 0; "),
        (ROUTE + '[spool]\nmax_age = "-1d"\n', "config.toml:5: spool.max_age: '-1d' is no duration; "),
        (ROUTE + '[spool]\nurl = "sqlite://"\n', "config.toml:5: spool.url: is no spool; "),
        (ROUTE + '[retry]\nfirst = "2h"\n', "config.toml:4: retry.longest: must not be shorter than retry.first; "),
        (ROUTE + '[retry]\nlifetime = "1m"\n', "config.toml:5: retry.lifetime: must not be shorter than retry.longest; "),
        (ROUTE + 'priority = "Urgent"\n', "config.toml:4: route.priority: must be 'Low', 'Medium' or 'High'; "),
        (ROUTE + "custom_fields = {8 = 5}\n", "config.toml:4: route.custom_fields: must be text; "),
        (ROUTE + 'custom_fields = {a = "x"}\n', "config.toml:4: route.custom_fields: 'a' is no custom field; "),
        (ROUTE + ROUTE.replace("support@e", "SUPPORT@E"), "config.toml:5: route.recipient: support@example.com has a route already; keep one"),
        (ROUTE.replace("support@", "support+x@"), "config.toml:2: route.recipient: 'support+x@example.com' has a +tag; "),
        (ROUTE.replace("= 1", "= true"), "config.toml:3: route.department: true is no whole number; "),
        (ROUTE + "[helpdesk]\nconcurrency = 0\n", "config.toml:5: helpdesk.concurrency: must be greater than or equal to 1; "),
        (ROUTE + '[helpdesk]\nurl = "ftp://x/"\n', "config.toml:5: helpdesk.url: is no web address; "),
        (ROUTE + '[helpdesk]\nurl = "https://u:p@x/"\n', "config.toml:5: helpdesk.url: must be scheme, host and path alone; "),
        (ROUTE + '[helpdesk]\nca_file = "no.pem"\n', "config.toml:5: helpdesk.ca_file: 'no.pem' is no file; "),
        (ROUTE + '[helpdesk]\ntimezone = "Mars/Base"\n', "config.toml:5: helpdesk.timezone: 'Mars/Base' is no time zone; "),
        (ROUTE + '[identify]\nstaff = ["us"]\n', "config.toml:5: identify.staff: 'us' is no recipient; "),
        (ROUTE + '[identify]\nnobody = "*@example.com"\n', "config.toml:5: identify.nobody: '*@example.com' is no mail address; "),
        (ROUTE + '[desk]\nlisten = "0.0.0.0:80"\n', "config.toml:5: desk.listen: must stay on loopback: "),
        (ROUTE + '[log]\nlevel = "loud"\n', "config.toml:5: log.level: must be "),
        (ROUTE + 'bounces = "drop"\n', "config.toml:4: route.bounces: must be 'ticket', 'note', 'discard' or 'hold'; "),
        (ROUTE + '[policy]\nspam = "note"\n', "config.toml:5: policy.spam: must be "),
        (ROUTE + '[policy]\ndeny_senders = ["example.com"]\n', "config.toml:5: policy.deny_senders: 'example.com' is no pattern of an address; "),
        (ROUTE + '[policy]\ndeny_phrases = ["* *"]\n', "config.toml:5: policy.deny_phrases: '* *' would be found in every mail; "),
        (ROUTE + '[policy]\ndeny_subjects = [" "]\n', "config.toml:5: policy.deny_subjects: ' ' is no pattern; "),
        (ROUTE + '[policy]\ndeny_phrases = "you, have won"\n', "config.toml:5: policy.deny_phrases: holds a comma; "),
        (ROUTE + RULE, "config.toml:4: rule: 'x' does nothing; "),
        (ROUTE + RULE + 'department = "two"\n', "config.toml:6: rule.department: must be a whole number; "),
        (ROUTE + RULE + "service = 1\ndomain = 2\n", "config.toml:7: rule.domain: stands beside service; keep one of the two"),
        (ROUTE + RULE + 'hold = "a"\ndiscard = "b"\n', "config.toml:7: rule.discard: stands beside hold; keep one of the two"),
        (ROUTE + RULE + "hold = true\n", "config.toml:6: rule.hold: must be text; "),
        (ROUTE + RULE + "departmnet = 2\n", "config.toml:6: rule.departmnet: unknown key; did you mean department?"),
        (ROUTE + RULE + 'stop = true\nwhen.auhtor = ["a@b"]\n', "config.toml:7: rule.when.auhtor: unknown key; did you mean author?"),
        (ROUTE + RULE + 'stop = true\nwhen = {min_size = "2 MB", max_size = "1 MB"}\n', "config.toml:7: rule.when.max_size: must not be below min_size; "),
        (ROUTE + RULE + 'stop = true\n[rule.when]\nheader = {"X Y" = "z"}\n', "config.toml:8: rule.when.header: 'X Y' is no header field; "),
        (ROUTE + RULE + 'stop = true\nwhen.kind = ["spam"]\n', "config.toml:7: rule.when.kind: must be "),
        (ROUTE + RULE + 'stop = true\nwhen.peer = ["mx"]\n', "config.toml:7: rule.when.peer: 'mx' is no network; "),
        (ROUTE + RULE + 'cc = ["*@example.com"]\n', "config.toml:6: rule.cc: '*@example.com' is no mail address; "),
        (ROUTE + (RULE + "stop = true\n") * 2, "config.toml:8: rule.name: x is another rule's name too; "),
        (ROUTE + "[[rule]]\nstop = true\n", "config.toml:4: rule.name: must be set; "),
        (ROUTE + '[[rule]]\nname = "a,b"\nstop = true\n', "config.toml:5: rule.name: 'a,b' is no name; "),
    ],
)  # fmt: skip
def test_one_fault(faults, text, fault):
    """Each wrong value is named by line and key, and by what is wrong with it."""
    found = faults(text)

    assert [True] == [one.startswith(fault) for one in found], found


@pytest.mark.parametrize(
    ("section", "line"),
    [
        ("spool", 'url = "postgresql://localhost/ingestd"'),
        ("spool", 'url = "mysql+asyncmy://localhost/ingestd"'),
    ],
)
def test_what_is_not_built_is_refused(faults, section, line):
    """A key whose feature does not exist yet is never ignored."""
    found = faults(f"{ROUTE}[{section}]\n{line}\n")

    assert [True] == [
        f"config.toml:5: {section}.{line.split(' ')[0]}: " in one and "not built yet; " in one for one in found
    ]


def test_a_whmcs_needs_its_credentials_and_address(faults):
    """What is missing for a WHMCS is told with the places where a secret can stand."""
    found = faults(ROUTE + '[helpdesk]\nkind = "whmcs"\n')

    assert ["helpdesk.url", "helpdesk.identifier", "helpdesk.secret"] == [one.split(": ")[1] for one in found]
    assert "INGESTD_HELPDESK__SECRET" in found[2]
    assert "helpdesk__secret" in found[2]


OAUTH = 'oauth = {client_id = "7", client_secret = "c", username = "u", password = "p"}\n'


@pytest.mark.parametrize(
    ("keys", "found"),
    [
        ("", ["helpdesk.oauth: must be set, or helpdesk.secret: client_id, "]),
        (OAUTH + 'secret = "t"\n', ["helpdesk.oauth: is set beside helpdesk.secret; keep one of them: "]),
        ('secret = "Bearer t"\n', ["helpdesk.secret: is no Bearer token; "]),
        (OAUTH + 'identifier = "i"\n', ["helpdesk.identifier: says nothing to kind "]),
        (OAUTH + 'access_key = "k"\n', ["helpdesk.access_key: says nothing to kind "]),
        (OAUTH + 'timezone = "Europe/Rome"\n', ["helpdesk.timezone: says nothing to kind "]),
        (OAUTH + 'follow_up = "update"\n', ['helpdesk.follow_up: "update" needs UpdateTicket, ']),
        (OAUTH + 'url = "http://192.0.2.1/api"\n', ["helpdesk.url: would send the credentials in the clear; "]),
        (OAUTH.replace('"u"', '""'), ["helpdesk.oauth.username: is empty; write it here, as INGESTD_HELPDESK__OAUTH__"]),
        (OAUTH.replace('username = "u", ', ""), ["helpdesk.oauth.username: must be set; "]),
        (OAUTH.replace("username", "user_name"), ["helpdesk.oauth.username: must be ", "helpdesk.oauth.user_name: unknown"]),
        (OAUTH.replace("}", ', url = "http://192.0.2.1/"}'), ["helpdesk.oauth.url: would send the password in the clear"]),
        (OAUTH + '[policy]\nstrangers = "note"\n', ['policy.strangers: "note" needs AddTicketNote, ']),
        (OAUTH + '[[rule]]\nname = "r"\nnote = "x"\n', ['config.toml:9: rule.note: "note" needs AddTicketNote, ']),
        (
            OAUTH + '[[route]]\nrecipient = "b@example.com"\ndepartment = 2\nbounces = "note"\nlists = "note"\n',
            ['config.toml:10: route.bounces: "note" needs AddTicketNote, ', 'config.toml:11: route.lists: "note" needs AddTicketNote, '],
        ),
    ],
)  # fmt: skip
def test_what_says_nothing_to_keliweb_is_refused(faults, keys, found):
    """A key without a meaning there, and one way too many or too few to get a token."""
    told = faults(ROUTE + '[helpdesk]\nkind = "keliweb"\n' + keys)

    assert sorted(found) == sorted(next((start for start in found if start in one), one) for one in told), told


@pytest.mark.parametrize(
    ("keys", "found"),
    [
        (OAUTH, 'helpdesk.oauth: is for kind = "keliweb"; '),
        ('on_unknown = "resend"\n', 'helpdesk.on_unknown: is for kind = "keliweb"; '),
        ('kind = "other"\n', "helpdesk.kind: must be 'embedded', 'whmcs' or 'keliweb'; "),
    ],
)
def test_what_only_keliweb_has_is_refused_elsewhere(faults, keys, found):
    """A lost answer can be looked up there, and no token is asked for."""
    (one,) = faults(ROUTE + "[helpdesk]\n" + keys)

    assert found in one


def test_credentials_do_not_travel_in_the_clear(faults):
    """http:// is refused beyond loopback."""
    found = faults(
        ROUTE + '[helpdesk]\nkind = "whmcs"\nidentifier = "i"\nsecret = "s"\nurl = "http://192.0.2.1/api.php"\n'
    )

    assert ["config.toml:8: helpdesk.url: would send the credentials in the clear"] == [
        one.split(";")[0] for one in found
    ]


def test_a_fault_of_the_environment_names_the_variable(faults, monkeypatch):
    """Who set it elsewhere than in the file looks for it there."""
    monkeypatch.setenv("INGESTD_SMTP__MAX_SIZE", "big")
    monkeypatch.setenv("INGESTD_ROUTE", "[{]")

    assert ["INGESTD_SMTP__MAX_SIZE: smtp.max_size", "INGESTD_ROUTE: route"] == [
        ": ".join(one.split(": ")[:2]) for one in faults(ROUTE + '[smtp]\nmax_size = "1 MB"\n')
    ]


@pytest.mark.parametrize(
    ("name", "fault"),
    [
        ("INGESTD_SMTP__MAX_SISE", "INGESTD_SMTP__MAX_SISE: smtp.max_sise: unknown key; did you mean max_size?"),
        (
            "INGESTD_SMTP_MAX_SIZE",
            "INGESTD_SMTP_MAX_SIZE: smtp_max_size: names no key; did you mean INGESTD_SMTP__MAX_SIZE?",
        ),
        ("INGESTD_QQQ", "INGESTD_QQQ: qqq: names no key; take it away"),
        ("INGESTD_LOG", "INGESTD_LOG: log: must be a table; write [log] and its keys below"),
    ],
)
def test_a_variable_that_names_no_key_is_a_fault(faults, monkeypatch, name, fault):
    """A typing error in a variable's name is told, not ignored."""
    monkeypatch.setenv(name, "1")

    assert [fault] == faults(ROUTE)


def test_a_credential_that_names_no_key_is_a_fault(faults, monkeypatch, tmp_path):
    """A typing error in a credential's name is told; a credential that is no key's is somebody else's."""
    (tmp_path / "c").mkdir()
    for name in ("helpdesk__sekret", "helpdesc__secret", "ca.pem"):
        (tmp_path / "c" / name).write_text("hunter2")
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path / "c"))

    assert [
        "credential helpdesc__secret: helpdesc.secret: names no key; did you mean helpdesk__secret?",
        "credential helpdesk__sekret: helpdesk.sekret: unknown key; did you mean secret?",
    ] == sorted(faults(ROUTE))


def test_a_credential_that_is_no_text_is_a_fault(faults, monkeypatch, tmp_path):
    """A binary file is a fault where it stands for a key, and none where some key may name it."""
    (tmp_path / "c").mkdir()
    for name in ("helpdesk__secret", "ca.der"):
        (tmp_path / "c" / name).write_bytes(b"\xff\xfe\x00")
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path / "c"))

    assert [
        "credential helpdesk__secret: helpdesk.secret: cannot be read as UTF-8 text; write the value alone"
    ] == faults(ROUTE)


def test_a_file_that_cannot_be_read_is_a_fault(tmp_path):
    """A path that is no file is told as a fault of the configuration."""
    with pytest.raises(ConfigError, match="Is a directory; name a file"):
        load(tmp_path)
