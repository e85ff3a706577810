"""Alerts by e-mail: plain text and HTML over SMTP, encrypted unless people say otherwise."""

import logging
import smtplib
import ssl
import time
from email.message import EmailMessage
from email.utils import formatdate, make_msgid

from cl_core.errors import ConfigError, PluginError
from cl_core.hooks import FinishedRun
from cl_plugins.backends.served.patience import Deadline, wait_s
from cl_plugins.backends.served.secrets import masked
from cl_plugins.publishers.alerts.message import Message, line, message_of, shortened
from cl_plugins.publishers.alerts.options import EmailOptions
from cl_plugins.publishers.alerts.plain import as_html, as_text
from cl_plugins.publishers.quiet import parts_of_login

logger = logging.getLogger(__name__)

_PORTS = {"starttls": 587, "tls": 465, "none": 25}
_SUBJECT = 150
_PERMANENT = 500


def publish_email(run: FinishedRun, options: EmailOptions) -> None:
    """Send the alert.

    Raises
    ------
    ConfigError
        Where the server refuses login, sender, recipients or message, cannot encrypt, or has a
        certificate that nobody vouches for.
    PluginError
        Where it stays away or is busy.
    """
    run = shortened(run, options)
    mail = mail_of(message_of(run), options)
    secrets: tuple[str, ...] = ()
    if options.password is not None:
        secrets = parts_of_login(options.username or "", options.password.get_secret_value())
    deadline, tries = Deadline(options.time_limit_s), 0
    where = f"mail server {options.host}"
    while True:
        tries += 1
        try:
            _send(mail, options, max(0.1, min(options.timeout_s, deadline.left())))
        except (OSError, smtplib.SMTPException) as error:
            said = masked(f"{type(error).__name__}: {_words(error)}", secrets)
            if not _is_passing(error):
                raise ConfigError(
                    f"{where} refused the mail: {said}",
                    hint="check host, port, security, login, sender and recipients",
                ) from None
        else:
            return
        wait = wait_s(tries, None)
        if tries > options.retries or wait >= deadline.left():
            raise PluginError(
                f"{where} did not take the mail after {tries} tries: {said}",
                hint="the next run tells it; see that the server runs, or raise retries, time_limit_s",
            )
        time.sleep(wait)


def mail_of(message: Message, options: EmailOptions) -> EmailMessage:
    """Write the mail."""
    mail = EmailMessage()
    mail["From"] = options.sender
    mail["To"] = ", ".join(options.recipients)
    mail["Subject"] = line(message.title, _SUBJECT)
    mail["Date"] = formatdate()
    mail["Message-ID"] = make_msgid(domain=options.sender.rpartition("@")[2])
    mail["Auto-Submitted"] = "auto-generated"  # keeps out-of-office replies away
    mail.set_content(as_text(message))
    mail.add_alternative(as_html(message), subtype="html")
    return mail


def _send(mail: EmailMessage, options: EmailOptions, timeout_s: float) -> None:
    context = ssl.create_default_context()
    if not options.verify_tls:
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    port = options.port or _PORTS[options.security]
    if options.security == "tls":
        client: smtplib.SMTP = smtplib.SMTP_SSL(options.host, port, timeout=timeout_s, context=context)
    else:
        client = smtplib.SMTP(options.host, port, timeout=timeout_s)
    with client:
        if options.security == "starttls":
            client.starttls(context=context)
        if options.username is not None and options.password is not None:
            client.login(options.username, options.password.get_secret_value())
        refused = client.send_message(mail)
    if refused:
        logger.warning("mail server %s refused %d of the recipients", options.host, len(refused))


def _is_passing(error: Exception) -> bool:
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return all(code < _PERMANENT for code, _ in error.recipients.values())
    if isinstance(error, smtplib.SMTPResponseException):
        return 0 < error.smtp_code < _PERMANENT
    if isinstance(error, smtplib.SMTPNotSupportedError | ssl.SSLCertVerificationError):
        return False
    return isinstance(error, smtplib.SMTPServerDisconnected | OSError)


def _words(error: Exception) -> str:
    """Return what the server said; smtplib's own words are a tuple with bytes."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return "; ".join(
            f"{code} {text.decode(errors='replace')}" for code, text in error.recipients.values()
        )
    if isinstance(error, smtplib.SMTPResponseException):
        said = error.smtp_error
        return f"{error.smtp_code} {said.decode(errors='replace') if isinstance(said, bytes) else said}"
    return str(error)
