"""config.toml, environment and credentials become one Config."""

import json
import re
import tomllib
from datetime import timedelta
from ipaddress import ip_network
from pathlib import Path

import pytest

from ingestd.config import Config, Passed, Route, Rule, Tcp, When, load
from ingestd.config.load import rooted
from ingestd.core.errors import ConfigError

SHIPPED = Path(__file__).parents[2] / "config.toml"
ROUTE_ALONE = Route(recipient="support@example.com", department=1)
ROUTE = '[[route]]\nrecipient = "support@example.com"\ndepartment = 1\n'


@pytest.fixture
def write(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def write(text: str, name: str = "config.toml") -> Path:
        path = tmp_path / name
        path.write_text(text)
        return path

    return write


def test_the_shipped_file_equals_the_defaults():
    """Who deletes a key from the shipped file changes nothing."""
    route = Route(recipient="support@example.com", department=1)

    assert rooted(Config(route=(route,)), SHIPPED.parent) == load(SHIPPED)


def test_the_shipped_file_names_every_key():
    """The shipped file is the reference: there is no key beside it, but what only another kind of helpdesk has."""
    text = SHIPPED.read_text()

    for section, field in Config.model_fields.items():
        if section == "rule":
            continue
        model = Route if section == "route" else field.annotation
        for key in model.model_fields:
            assert f"\n{key} = " in text or (section, key) == ("helpdesk", "oauth")


def test_the_shipped_file_shows_every_key_of_a_rule():
    """There is no rule by default; each key stands there as an example, and all of them are one that is taken."""
    text = SHIPPED.read_text()

    for key in Rule.model_fields:
        assert key == "when" or f"\n# {key} = " in text
    for key in When.model_fields:
        assert f"\n# when.{key} = " in text
    lines = text[text.index("\n# [[rule]]\n") : text.index("\n[console]")].splitlines()
    example = "\n".join(line[2:] for line in lines if re.match(r"# (\[\[rule|[a-z_.]+ = )", line))
    either = re.sub(r"(?m)^(domain|hold) = .*\n", "", example)
    assert "backups" == Config(route=(ROUTE_ALONE,), **tomllib.loads(either)).rule[0].name


def test_patterns_of_addresses_are_kept_in_one_spelling(write):
    """As those of the mails are, so that A-labels and Unicode are the same domain."""
    senders = '["Ann@XN--Bcher-kva.example", "*@X.org", "*.xn--bcher-kva.example"]'

    config = load(write(f"{ROUTE}[policy]\ndeny_senders = {senders}\n"))

    assert ("ann@bücher.example", "*@x.org", "*.bücher.example") == config.policy.deny_senders


def test_rules_and_phrases_from_the_environment(write, monkeypatch):
    """Tables as JSON; a phrase alone, or several as JSON: commas are part of it."""
    path = write(ROUTE)
    rule = {"name": "r", "when": {"subject": "Fire, again", "client": 7, "min_size": "1 KiB"}, "department": 2}
    monkeypatch.setenv("INGESTD_RULE", json.dumps([rule]))
    monkeypatch.setenv("INGESTD_POLICY__DENY_PHRASES", '["You, there", "B"]')
    monkeypatch.setenv("INGESTD_POLICY__DENY_SUBJECTS", "Cheap pills")

    config = load(path)

    (found,) = config.rule
    assert (("fire, again",), (7,), 1024, 2) == (
        found.when.subject,
        found.when.client,
        found.when.min_size,
        found.department,
    )
    assert (("you, there", "b"), ("cheap pills",)) == (config.policy.deny_phrases, config.policy.deny_subjects)


def test_the_file_in_the_folder_is_found(write):
    """Without --config, ./config.toml is taken."""
    write(ROUTE)

    assert load(None).route[0].department == 1


def test_no_file_is_a_fault(write):
    """No config found is a fault that names the remedy."""
    with pytest.raises(ConfigError, match="--config FILE"):
        load(None)


def test_paths_are_relative_to_the_file(write, tmp_path):
    """A daemon started elsewhere finds the same spool."""
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc" / "ca.pem").write_text("")
    tls = '[smtp]\ntls_certificate = "mx.pem"\ntls_key = "/etc/mx.key"\n'
    write(ROUTE + tls + '[spool]\nurl = "sqlite:///a/b.db"\n[helpdesk]\nca_file = "ca.pem"\n', "etc/x.toml")

    config = load(Path("etc/x.toml"))

    assert f"sqlite:///{tmp_path}/etc/a/b.db" == config.spool.url
    assert f"{tmp_path}/etc/ca.pem" == config.helpdesk.ca_file
    assert f"{tmp_path}/etc/desk.db" == config.desk.database
    assert (f"{tmp_path}/etc/mx.pem", "/etc/mx.key") == (config.smtp.tls_certificate, config.smtp.tls_key)


def test_absolute_paths_stay(write):
    """An absolute path does not move with the file."""
    assert load(write(ROUTE + '[spool]\nurl = "sqlite:////var/lib/i.db"\n')).spool.url == "sqlite:////var/lib/i.db"


def test_environment_before_credential_before_file(write, tmp_path, monkeypatch):
    """Each source is overruled by the one that is closer to the moment of starting."""
    path = write(ROUTE + '[helpdesk]\nidentifier = "file"\nsecret = "file"\naccess_key = "file"\n')
    (tmp_path / "credentials").mkdir()
    (tmp_path / "credentials" / "helpdesk__secret").write_text("credential\n")
    (tmp_path / "credentials" / "helpdesk__access_key").write_text("credential\n")
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path / "credentials"))
    monkeypatch.setenv("INGESTD_HELPDESK__ACCESS_KEY", "environment")

    helpdesk = load(path).helpdesk

    assert ["file", "credential", "environment"] == [
        s.get_secret_value() for s in (helpdesk.identifier, helpdesk.secret, helpdesk.access_key)
    ]


def test_lists_and_routes_from_the_environment(write, monkeypatch):
    """The environment has no lists: words between commas, or JSON."""
    path = write(ROUTE)
    monkeypatch.setenv("INGESTD_SMTP__LISTEN", "[::1]:25, systemd:smtp")
    monkeypatch.setenv("INGESTD_SMTP__RELAYS", '["192.0.2.0/24"]')
    monkeypatch.setenv(
        "INGESTD_ROUTE", '[{"recipient": "*@example.net", "department": 4, "custom_fields": {"8": "x"}}]'
    )
    monkeypatch.setenv("INGESTD_HELPDESK__CONCURRENCY", "8")

    config = load(path)

    assert (Tcp("::1", 25), Passed("smtp")) == config.smtp.listen
    assert (ip_network("192.0.2.0/24"),) == config.smtp.relays
    assert (Route(recipient="*@example.net", department=4, custom_fields={8: "x"}),) == config.route
    assert config.helpdesk.concurrency == 8


def test_a_config_built_by_hand_ignores_the_environment(monkeypatch):
    """The demo's loopback ports are not overruled by what the shell exports."""
    monkeypatch.setenv("INGESTD_SMTP__HOSTNAME", "elsewhere")

    assert Config(route=(Route(recipient="a@example.com", department=1),)).smtp.hostname == "localhost"


def test_secrets_are_never_shown(write):
    """Neither printing a config nor a fault in it tells a secret."""
    text = ROUTE + '[helpdesk]\nsecret = "hunter2"\nidentifier = "hunter2"\naccess_key = "hunter2"\n'

    assert "hunter2" not in repr(load(write(text)))
    with pytest.raises(ConfigError) as wrong:
        load(write(text + "sekret = 'hunter2'\n"))
    assert "hunter2" not in str(wrong.value)
    assert wrong.value.__cause__ is None
    assert wrong.value.__suppress_context__


def test_custom_fields_keep_the_order_of_their_numbers(write):
    """Custom fields are pairs, so that a config can be compared and hashed."""
    route = load(write(ROUTE + 'custom_fields = {12 = "b", 8 = "a"}\n')).route[0]

    assert ((8, "a"), (12, "b")) == route.custom_fields
    assert hash(route) == hash(route)


def test_a_bound_may_be_taken_away(write):
    """Zero is no bound, as text and as a number."""
    spool = load(write(ROUTE + '[spool]\nmin_free = "0"\nmax_waiting = 0\nmax_age = "0"\n')).spool

    assert (0, 0, timedelta(0)) == (spool.min_free, spool.max_waiting, spool.max_age)
    assert load(write(ROUTE + "[spool]\nmin_free = 0\n")).spool.min_free == 0


def test_recipients_fold_case(write):
    """Cases do not differ in recipients, nor do two routes that differ in case alone."""
    assert load(write(ROUTE.replace("support@example", "Support@Example"))).route[0].recipient == "support@example.com"


def test_all_of_a_whmcs_config(write):
    """A complete config for a WHMCS is taken."""
    helpdesk = load(
        write(
            ROUTE
            + '[helpdesk]\nkind = "whmcs"\nurl = "https://whmcs.test/includes/api.php"\nidentifier = "i"\nsecret = "s"\n'
            'timeout = "1m"\nsettle = "1.5m"\nmax_post = "8M"\nattachment_types = [".JPG", "png"]\ntimezone = "Europe/Rome"\n'
        )
    ).helpdesk

    assert timedelta(seconds=90) == helpdesk.settle
    assert 8 * 2**20 == helpdesk.max_post
    assert helpdesk.attachment_types == ("jpg", "png")


def test_all_of_a_keliweb_config(write, tmp_path, monkeypatch):
    """Address and token endpoint are known; the password comes by a credential, the client's secret by a variable."""
    path = write(
        ROUTE
        + '[helpdesk]\nkind = "keliweb"\non_unknown = "resend"\n[helpdesk.oauth]\nclient_id = "7"\nusername = "u"\n'
    )
    (tmp_path / "credentials").mkdir()
    (tmp_path / "credentials" / "helpdesk__oauth__password").write_text("hunter2\n")
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path / "credentials"))
    monkeypatch.setenv("INGESTD_HELPDESK__OAUTH__CLIENT_SECRET", "hunter3")

    helpdesk = load(path).helpdesk

    assert ("https://apiv2.keliweb.it/api/v2/keliweb", "https://apiv2.keliweb.it/oauth/token") == (
        helpdesk.url, helpdesk.token_url,
    )  # fmt: skip
    assert ["7", "hunter3", "u", "hunter2"] == [
        each.get_secret_value()
        for each in (
            helpdesk.oauth.client_id,
            helpdesk.oauth.client_secret,
            helpdesk.oauth.username,
            helpdesk.oauth.password,
        )
    ]
    assert "hunter" not in repr(helpdesk)


def test_a_token_endpoint_elsewhere(write):
    """`helpdesk.oauth.url` goes before the host of `helpdesk.url`."""
    oauth = '[helpdesk.oauth]\nclient_id = "7"\nclient_secret = "c"\nusername = "u"\npassword = "p"\n'
    text = ROUTE + '[helpdesk]\nkind = "keliweb"\nurl = "http://127.0.0.1:8027/api/v2/keliweb"\n' + oauth

    assert load(write(text)).helpdesk.token_url == "http://127.0.0.1:8027/oauth/token"
    assert load(write(text + 'url = "https://id.test/token"\n')).helpdesk.token_url == "https://id.test/token"


def test_http_is_fine_on_loopback(write):
    """The embedded helpdesk and a local test need no certificate."""
    text = ROUTE + '[helpdesk]\nkind = "whmcs"\nidentifier = "i"\nsecret = "s"\nurl = "http://127.0.0.1:1/api.php"\n'

    assert load(write(text)).helpdesk.url == "http://127.0.0.1:1/api.php"
