"""Options of the publishers that alert people: what `publish` in gate.yaml may say and what is refused."""

import re
from typing import Annotated, Literal, Self, TypeAlias

from pydantic import AfterValidator, Field, SecretStr, model_validator

from cl_plugins.publishers.delivery import Address, DeliveryOptions, Headers, HeaderSecret, SecretAddress

_ADDRESS = re.compile(r"[^\s<>,;:@\"()\\]+@[^\s<>,;:@\"()\\]+")


def _mail_address(text: str) -> str:
    if not (text.isprintable() and _ADDRESS.fullmatch(text)):
        raise ValueError("wanted one mail address, such as data@example.com")
    return text


MailAddress: TypeAlias = Annotated[str, AfterValidator(_mail_address)]


class AlertOptions(DeliveryOptions):
    """What all alerts share."""

    suspects: int = Field(10, ge=0, le=10, description="rows to name; 0 where ids may not leave the house")


class SlackOptions(AlertOptions):
    """Options of the publisher ``slack``."""

    webhook_url: SecretAddress = Field(description="address of an incoming webhook; write ${NAME}")


class TeamsOptions(AlertOptions):
    """Options of the publisher ``teams``."""

    webhook_url: SecretAddress = Field(description="address of a workflow's webhook; write ${NAME}")


class EmailOptions(AlertOptions):
    """Options of the publisher ``email``."""

    host: str = Field(min_length=1, description="SMTP server")
    port: int | None = Field(
        None, ge=1, le=65535, description="587 with starttls, 465 with tls, 25 with none"
    )
    security: Literal["starttls", "tls", "none"] = Field(
        "starttls", description="how the connection is encrypted; starttls refuses a server that cannot"
    )
    verify_tls: bool = Field(default=True, description="whether the server must show a valid certificate")
    username: str | None = Field(None, description="name to log in with; nobody logs in without one")
    password: SecretStr | None = Field(None, description="password to log in with; write ${NAME}")
    sender: MailAddress = Field(description="address that the mail comes from")
    recipients: tuple[MailAddress, ...] = Field(min_length=1, description="addresses that the mail goes to")

    @model_validator(mode="after")
    def _login_is_safe(self) -> Self:
        if (self.username is None) != (self.password is None):
            raise ValueError("`username` and `password` go together")
        if self.password is not None and self.security == "none":
            raise ValueError("a password is sent over an encrypted connection only: starttls or tls")
        return self


class PagerDutyOptions(AlertOptions):
    """Options of the publisher ``pagerduty``."""

    routing_key: SecretStr = Field(
        min_length=1, description="integration key of Events API v2; write ${NAME}"
    )
    url: Address = Field(
        "https://events.pagerduty.com/v2/enqueue",
        description="where events go; https://events.eu.pagerduty.com/v2/enqueue in the EU",
    )
    severity: Literal["critical", "error", "warning", "info"] = Field(
        "error", description="of a failed gate; an undecided one is a warning"
    )


class OpsgenieOptions(AlertOptions):
    """Options of the publisher ``opsgenie``."""

    api_key: HeaderSecret = Field(description="key of an API integration; write ${NAME}")
    url: Address = Field(
        "https://api.opsgenie.com/v2/alerts",
        description="where alerts go; https://api.eu.opsgenie.com/v2/alerts in the EU",
    )
    priority: Literal["P1", "P2", "P3", "P4", "P5"] = Field(
        "P2", description="of a failed gate; an undecided one is P4"
    )
    responders: tuple[dict[str, str], ...] = Field(
        (), description="who is called, such as {type: team, name: labels}; the integration's own when empty"
    )


class WebhookOptions(AlertOptions):
    """Options of the publisher ``webhook``."""

    url: SecretAddress = Field(description="where the JSON goes; write ${NAME} where it holds a key")
    secret: SecretStr | None = Field(
        None, min_length=8, description="key of the signature in X-Labelgate-Signature; none without"
    )
    headers: Headers = Field(default_factory=dict, description="further headers")


class AppriseOptions(AlertOptions):
    """Options of the publisher ``apprise``."""

    urls: tuple[SecretStr, ...] = Field(
        min_length=1, description="Apprise addresses, such as ntfys://host/topic; write ${NAME}"
    )
