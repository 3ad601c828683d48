"""The demo as a newcomer reads it: short, and only what was read back from the servers."""

from datetime import datetime
from typing import Any

from rich.columns import Columns
from rich.console import Console, Group
from rich.padding import Padding
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from service.commands.demo.calendars import Person
from service.content import load_content

Json = dict[str, Any]
_SHOWN = ("SUMMARY", "DTSTART", "DTEND", "STATUS", "SEQUENCE", "CLASS")
_MEANING = """
The first Thursday's party was declined and Tuesday's note blocks nothing: both evenings are
free. The trip blocks its whole days, the moved choir and review the days they moved to."""
_MOST_SLOTS = 6
_PENCIL = "grey62"
_INK = "bold"


class Story:
    """Prints the acts, one after the other."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._messages = load_content().messages
        self._acts = 0

    def open(self) -> None:
        self._console.print()
        self._console.print(Text.assemble(("  Pencil In", _INK), ("   time for the two of you", _PENCIL)))

    def show_calendar(self, person: Person, *, name: str, entries: int) -> None:
        if self._acts == 0:
            self._act("Two calendars")
        self._say(f"{person.name} in {person.zone}: calendar “{name}” is read, {entries} entries. No title was kept.")

    def show_slots(self, slots: list[Json]) -> None:
        self._act("The hours they share")
        table = Table("Ana's clock", "Ben's clock", "why", box=None, padding=(0, 2, 0, 0), header_style=_PENCIL)
        for slot in slots[:_MOST_SLOTS]:
            why = " · ".join(code.replace("_", " ") for code in slot["why"])
            table.add_row(_clock(slot["local"]["me"]), _clock(slot["local"]["partner"], day=False), Text(why, _PENCIL))
        self._show(table)
        self._show(Text(_MEANING, _PENCIL))

    def show_ideas(self, slot: Json, ideas: list[Json]) -> None:
        self._act(f"Something simple for {_clock(slot['local']['me'])}")
        for idea in ideas:
            self._say(idea["title"])
            self._show(Text(f"  {idea['line']}", _PENCIL))
            self._show(Text(f"  {idea['reason']['text']} {self._messages.phones[idea['phones']]}", _PENCIL))

    def show_penciled(self, date: Json, *, mail: Json, text: str) -> None:
        self._act("Penciled in")
        self._say(f"“{date['title']}”, {_clock(date['local']['me'])}, {date['status']}. Ben reads in his mail:")
        self._show(_letter(mail, text))

    def show_entries(self, date: Json, entries: Json) -> None:
        self._act("Both said yes")
        self._say(f"The date is {date['status']}. Read back from both calendars:")
        panels = [
            Panel(Text(_summary(text)), title=name, title_align="left", border_style=_PENCIL, width=46)
            for name, text in (("Ana", entries["a"]), ("Ben", entries["b"]))
        ]
        self._show(Columns(panels))

    def show_reminder(self, facts: Json, *, text: str) -> None:
        self._act("A small gesture, for Ana alone")
        self._say(f"Woken by {facts['fired_by']}, sent once:")
        self._show(_letter({"to": facts["to"], "subject": facts["subject"], "calendar_part": False}, text))

    def show_moved(self, facts: Json, asked: Json, *, mails: list[Json], left: int) -> None:
        self._act("A second date, dragged in the calendar itself, moved and then called off")
        before, after = (_lines(facts[each]) for each in ("before", "after"))
        for name in ("DTSTART", "SEQUENCE"):
            values = [each[name].rpartition(":")[2] for each in (before, after)]
            self._say(f"Ana, in her calendar: {name} {values[0]} → {values[1]}")
        self._say(f"It came back as a proposal to Ben, who tapped yes in his mail: {asked['answered']}.")
        for mail in mails:
            part = "with the invitation inside" if mail["calendar_part"] else "no calendar part"
            self._say(f"Ben, by mail this time: “{mail['subject']}”, {part}")
        self._say(f"Entries of it left in the calendars: {left}")

    def close(self, mails: list[Json]) -> None:
        self._console.print()
        self._say(f"{len(mails)} mails in all. Everything above was read back from real servers, which are gone now.")
        self._console.print()

    def _act(self, title: str) -> None:
        self._acts += 1
        self._console.print()
        self._console.print(Text.assemble((f"  {self._acts}  ", _PENCIL), (title, "bold cyan")))

    def _say(self, text: str) -> None:
        self._show(Text(text))

    def _show(self, content: Any) -> None:
        self._console.print(Padding(content, (0, 0, 0, 5)))


def _clock(local: Json, *, day: bool = True) -> str:
    start, end = (datetime.fromisoformat(local[each]) for each in ("start", "end"))
    hours = f"{start:%H:%M} to {end:%H:%M}"
    return f"{start:%a} {start.day} {start:%b}, {hours}" if day else hours


def _letter(mail: Json, text: str) -> Panel:
    head = Text.assemble(("To ", _PENCIL), mail["to"], ("\nSubject ", _PENCIL), (mail["subject"], _INK), "\n")
    return Panel(Group(head, Text(text)), border_style=_PENCIL, width=78, padding=(0, 1))


def _summary(ics: str) -> str:
    return "\n".join(_lines(ics).values())


def _lines(ics: str) -> Json:
    """Return the lines of an entry that a reader looks for, unfolded, by property name."""
    event = ics.replace("\\,", ",").replace("\r\n", "\n").replace("\n ", "").partition("BEGIN:VEVENT")[2]
    found = {line.partition(":")[0].partition(";")[0]: line for line in event.splitlines()}
    return {name: found[name] for name in _SHOWN if name in found}
