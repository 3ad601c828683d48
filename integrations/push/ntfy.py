"""ntfy: a note is POSTed to the address of a topic; its title, and where a tap leads, are header fields."""

from email.header import Header

from integrations.http import GuardedClient
from integrations.push.note import Note, check_taken


async def send(http: GuardedClient, url: str, *, token: str | None, note: Note) -> None:
    """Send a note to a topic; `token` is an access token of ntfy. Raises `IntegrationError`."""
    headers = {
        "Title": _word(note.title),
        "Click": note.link,
        "Actions": _word(f"view, {note.opens}, {note.link}"),
    }
    if token is not None:
        headers["Authorization"] = f"Bearer {token}"
    check_taken(await http.post(url, content=note.text.encode(), headers=headers))


def _word(text: str) -> str:
    """Return a text as a header field may hold it: what is not ASCII as encoded words (RFC 2047), which ntfy reads."""
    return text if text.isascii() else Header(text, "utf-8", maxlinelen=1000).encode()
