"""Who may have a token of Keliweb's API, and where it is given."""

from pydantic import SecretStr, ValidationInfo, field_validator

from ingestd.config.addresses import is_loopback, split_url
from ingestd.config.section import Section


class Oauth(Section):
    """The keys that Keliweb's account manager gives, and the login of the client they belong to."""

    client_id: SecretStr
    client_secret: SecretStr
    username: SecretStr
    password: SecretStr
    url: str = ""

    @property
    def words(self) -> tuple[str, str, str, str]:
        """Client id and secret, user name and password, in the clear."""
        given = (self.client_id, self.client_secret, self.username, self.password)
        client_id, client_secret, username, password = (each.get_secret_value() for each in given)
        return client_id, client_secret, username, password

    @field_validator("client_id", "client_secret", "username", "password")
    @classmethod
    def _given(cls, value: SecretStr, info: ValidationInfo) -> SecretStr:
        if not value.get_secret_value():
            name = str(info.field_name)
            raise ValueError(
                f"is empty; write it here, as INGESTD_HELPDESK__OAUTH__{name.upper()}, "
                f"or as the systemd credential helpdesk__oauth__{name}"
            )
        return value

    @field_validator("url")
    @classmethod
    def _private(cls, value: str) -> str:
        if value:
            parts = split_url(value)
            if parts.scheme == "http" and not is_loopback(parts.hostname or ""):
                raise ValueError("would send the password in the clear; write https://")
        return value
