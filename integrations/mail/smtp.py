"""
Sending one mail to one person over SMTP (RFC 5321), with a deadline in seconds for all of it.

What a server says stays here: answers name addresses and are never repeated. Only its kind of refusal goes on.
"""

import asyncio
import ssl
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from email.message import EmailMessage
from typing import Literal

from aiosmtplib import (
    SMTP,
    SMTPDataError,
    SMTPException,
    SMTPNotSupported,
    SMTPRecipientRefused,
    SMTPRecipientsRefused,
    SMTPResponseException,
    SMTPSenderRefused,
)

from integrations.errors import MailRefused, TooSlow, Unreachable

_GOODBYE_SHARE = 0.1  # of the deadline
_FOR_GOOD = 500
_LOGIN_WANTED = 530


@dataclass(frozen=True, slots=True)
class Mailer:
    """
    The mail server this service sends through; `timeout` is the deadline of one mail, in seconds.

    Raises `ValueError` where a password would travel without TLS.
    """

    host: str
    port: int
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    tls: Literal["starttls", "tls", "none"] = "starttls"
    timeout: float = 20.0
    trust: ssl.SSLContext = field(default_factory=ssl.create_default_context, repr=False, compare=False)

    def __post_init__(self) -> None:
        if self.username and self.tls == "none":
            raise ValueError("a mail password needs TLS")

    async def send(self, message: EmailMessage, *, sender: str, recipient: str) -> None:
        """
        Hand `message` over; on return the server has taken it.

        Raises `MailRefused`, permanent where the server will never take this mail, `Unreachable`, or `TooSlow`.
        """

        async def hand_over(client: SMTP) -> None:
            await client.sendmail(sender, [recipient], message.as_bytes())

        await self._visit(hand_over, sender=sender)

    async def check(self, *, sender: str) -> None:
        """Connect and sign in as for a mail of `sender`, and send nothing. Raises as `send` does."""
        await self._visit(SMTP.noop, sender=sender)

    async def _visit(self, work: Callable[[SMTP], Awaitable[object]], *, sender: str) -> None:
        client = self._client(local_name=sender.rpartition("@")[2])
        try:
            async with asyncio.timeout(self.timeout * (1 - _GOODBYE_SHARE)):
                await client.connect()
                if self.username:
                    await client.login(self.username, self.password or "")
                await work(client)
        except TimeoutError:
            raise TooSlow("the mail server did not answer in time") from None
        except SMTPRecipientsRefused as refused:
            raise _refusal(refused.recipients[0]) from None
        except SMTPResponseException as refused:
            raise _refusal(refused) from None
        except OSError:  # before ValueError, because a certificate that is not trusted is both
            raise Unreachable("the mail server cannot be reached") from None
        except (SMTPNotSupported, ValueError):
            raise MailRefused("this mail server cannot write to that address", permanent=True) from None
        except SMTPException:
            raise Unreachable("the mail server lacks what the settings ask for") from None
        finally:
            await self._leave(client)

    async def _leave(self, client: SMTP) -> None:
        """Say goodbye where somebody listens; what becomes of it changes nothing about the mail."""
        transport = client.transport
        with suppress(SMTPException, OSError):
            async with asyncio.timeout(self.timeout * _GOODBYE_SHARE):
                await client.quit()
        if isinstance(transport, asyncio.Transport):
            transport.abort()  # a TLS connection that is only closed waits half a minute for the other side to agree

    def _client(self, *, local_name: str) -> SMTP:
        return SMTP(
            hostname=self.host,
            port=self.port,
            use_tls=self.tls == "tls",
            start_tls=self.tls == "starttls",
            tls_context=self.trust,
            timeout=self.timeout,
            # left out, it would be looked up in the DNS, and would tell the name of this machine
            local_hostname=local_name or "localhost",
        )


def _refusal(refused: SMTPResponseException) -> MailRefused:
    """
    Return the refusal, permanent where it is about this mail.

    A refused greeting or login is about the server's settings: the mail waits until they are mended.
    """
    about_this_mail = isinstance(refused, SMTPRecipientRefused | SMTPSenderRefused | SMTPDataError)
    permanent = about_this_mail and refused.code >= _FOR_GOOD and refused.code != _LOGIN_WANTED
    return MailRefused(f"the mail server refused it with {refused.code}", permanent=permanent)
