"""Plain HTTP: a note is POSTed as JSON, for home automation and bots."""

from integrations.http import GuardedClient
from integrations.push.note import Note, check_taken


async def send(http: GuardedClient, url: str, *, token: str | None, note: Note) -> None:
    """Send ``{"title", "text", "link"}``; `token` goes along as a bearer token. Raises `IntegrationError`."""
    headers = {} if token is None else {"Authorization": f"Bearer {token}"}
    content = {"title": note.title, "text": note.text, "link": note.link}
    check_taken(await http.post(url, json=content, headers=headers))
