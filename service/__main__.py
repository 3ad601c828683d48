"""The command line: one function a command, its work in `service.commands`, imported when it is asked for."""

from pathlib import Path
from typing import Annotated

import typer

from service.core.errors import Refusal
from service.settings import SettingsError

app = typer.Typer(
    name="pencilin",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help="Find the hours two people share, and pencil a simple date into both calendars.",
)
keys = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Keys that seal passwords at rest.")
app.add_typer(keys, name="keys")

When = Annotated[str, typer.Option(help="RFC 3339 time, or a day in the zone")]
Treatment = Annotated[str, typer.Option(help="busy, soft or free")]


@app.command(epilog="Example: pencilin demo --json seen.json")
def demo(json: Annotated[Path | None, typer.Option(help="also write what it saw to this file")] = None) -> None:
    """Run the main job on real servers: two calendars in, a date, its mail and a reminder out."""
    from service.commands.demo import run

    run(json)


@app.command(epilog="Example: pencilin busy work.ics --from 2026-12-01 --to 2026-12-08 --zone Europe/Berlin")
def busy(
    source: Annotated[str, typer.Argument(help="an .ics file, - for standard input, or the https address of a feed")],
    start: Annotated[str, typer.Option("--from", help="RFC 3339 time, or a day in the zone")],
    end: Annotated[str, typer.Option("--to", help="likewise, not included")],
    zone: Annotated[str, typer.Option(help="zone of days, all-day and floating times")] = "UTC",
    me: Annotated[list[str] | None, typer.Option(help="an address of the owner; may be given again")] = None,
    tentative: Treatment = "busy",
    unanswered: Treatment = "busy",
    all_day: Treatment = "busy",
    json: Annotated[bool, typer.Option("--json", help="print JSON")] = False,
) -> None:
    """Print the busy times of one calendar."""
    from service.commands import busy as command

    asked = command.Asked(
        start=start, end=end, zone=zone, me=tuple(me or ()), tentative=tentative, unanswered=unanswered, all_day=all_day
    )
    command.run(source, asked=asked, as_json=json)


@app.command(epilog="Example: pencilin free ana.ics ben.ics --from 2026-12-01 --to 2026-12-08 --min 90")
def free(
    source_a: Annotated[str, typer.Argument(help="one calendar: a file, - or an https address")],
    source_b: Annotated[str, typer.Argument(help="the other")],
    start: Annotated[str, typer.Option("--from", help="RFC 3339 time, or a day in zone A")],
    end: Annotated[str, typer.Option("--to", help="likewise, not included")],
    minutes: Annotated[int, typer.Option("--min", help="shortest slot in minutes")],
    between: Annotated[str | None, typer.Option(help="hours on both clocks, such as 17:00-23:00")] = None,
    days: Annotated[str | None, typer.Option(help="days of the week, such as fri,sat,sun")] = None,
    zone_a: Annotated[str, typer.Option(help="zone of the first calendar's owner")] = "UTC",
    zone_b: Annotated[str | None, typer.Option(help="zone of the other's, the same where it is left out")] = None,
    buffer: Annotated[int, typer.Option(help="minutes kept free before and after every entry")] = 0,
    me_a: Annotated[list[str] | None, typer.Option(help="an address of the first owner")] = None,
    me_b: Annotated[list[str] | None, typer.Option(help="an address of the other")] = None,
    limit: Annotated[int | None, typer.Option(help="print at most so many")] = None,
    by_time: Annotated[bool, typer.Option("--by-time", help="soonest first instead of best first")] = False,
    json: Annotated[bool, typer.Option("--json", help="print JSON")] = False,
) -> None:
    """Print the slots that two calendars share."""
    from service.commands import free as command

    asked = command.Asked(
        start=start,
        end=end,
        minutes=minutes,
        between=between,
        days=days,
        zones=(zone_a, zone_b or zone_a),
        buffer=buffer,
        me=(tuple(me_a or ()), tuple(me_b or ())),
        limit=limit,
        by_time=by_time,
    )
    command.run(source_a, source_b, asked=asked, as_json=json)


@app.command(epilog="Example: pencilin ideas --minutes 45 --season winter --daypart night --children-asleep")
def ideas(
    minutes: Annotated[int, typer.Option(help="how long the two have")] = 90,
    place: Annotated[str | None, typer.Option(help="home, doorstep, neighborhood, town or nature")] = None,
    season: Annotated[str, typer.Option(help="winter, spring, summer or autumn")] = "winter",
    daypart: Annotated[str, typer.Option(help="morning, afternoon, evening or night")] = "evening",
    *,
    children_asleep: Annotated[bool, typer.Option("--children-asleep", help="at home, and to be left asleep")] = False,
    language: Annotated[str, typer.Option(help="de or en, with a country too, such as en-US")] = "en",
    seed: Annotated[str, typer.Option(help="another one deals another deck")] = "1",
    count: Annotated[int, typer.Option(help="how many")] = 3,
    json: Annotated[bool, typer.Option("--json", help="print JSON")] = False,
) -> None:
    """Print a deck of ideas for a date, as couples read it."""
    from service.commands import ideas as command

    asked = command.Asked(
        minutes=minutes,
        place=place,
        season=season,
        daypart=daypart,
        children_asleep=children_asleep,
        language=language,
        seed=seed,
        count=count,
    )
    command.run(asked, as_json=json)


@app.command(epilog="Example: pencilin gestures --channel touch --cue before_sleep")
def gestures(
    channel: Annotated[str | None, typer.Option(help="touch, words, acts, time or gift")] = None,
    cue: Annotated[
        str | None,
        typer.Option(help="after_dinner, at_the_door, before_sleep, morning_coffee, lunch_message or weekend"),
    ] = None,
    *,
    language: Annotated[str, typer.Option(help="de or en, with a country too, such as en-US")] = "en",
    seed: Annotated[str, typer.Option(help="another one chooses others")] = "1",
    count: Annotated[int, typer.Option(help="how many")] = 3,
    json: Annotated[bool, typer.Option("--json", help="print JSON")] = False,
) -> None:
    """Print small gestures, as people are reminded of them."""
    from service.commands import gestures as command

    asked = command.Asked(channel=channel, cue=cue, language=language, seed=seed, count=count)
    command.run(asked, as_json=json)


@app.command(epilog="Example: pencilin serve --port 8000")
def serve(
    host: str = "127.0.0.1", port: Annotated[int, typer.Option(min=0, max=65535)] = 8000, *, ticker: bool = True
) -> None:
    """Run the service; --no-ticker leaves the clock to `pencilin work`."""
    from service.commands import serve as command

    command.run(host, port, with_ticker=ticker)


@app.command(epilog="Example: pencilin work")
def work() -> None:
    """Run the workers only, for replicas beside `pencilin serve --no-ticker`."""
    from service.commands import work as command

    command.run()


@app.command(epilog="Example: pencilin migrate")
def migrate() -> None:
    """Bring the database to the newest step."""
    from service.commands import migrate as command

    command.run()


@app.command(epilog="Example: pencilin doctor")
def doctor() -> None:
    """Look at database, keys, clock, workers, mail and calendars: one line each, and 1 where one wants attention."""
    from service.commands import doctor as command

    command.run()


@app.command(epilog="Example: pencilin invite ana@example.org")
def invite(address: Annotated[str, typer.Argument(help="mail address of the person")]) -> None:
    """Print a one-time link: the way in without a mail server."""
    from service.commands import invite as command

    command.run(address)


@keys.command("new", epilog="Example: pencilin keys new > secrets/key")
def keys_new() -> None:
    """Print a fresh key for PENCILIN_KEY_FILE."""
    from service.commands import keys as command

    command.print_new()


@keys.command("check", epilog="Example: pencilin keys check")
def keys_check() -> None:
    """Look whether the keys at hand open what is sealed in the database."""
    from service.commands import keys as command

    command.check()


@keys.command("vapid", epilog="Example: pencilin keys vapid > secrets/vapid")
def keys_vapid() -> None:
    """Print a fresh key for PENCILIN_VAPID_KEY_FILE: Web Push is signed with it."""
    from service.commands import keys as command

    command.print_new_vapid()


def main(words: list[str] | None = None) -> None:
    """
    Run the command line, or `words` as if they stood there.

    0 is success, 2 bad usage, 1 a refusal with one plain line.
    """
    from integrations.errors import IntegrationError
    from service.commands.errors import Stop

    try:
        app(words)
    except (Refusal, SettingsError, IntegrationError, Stop) as refused:
        typer.echo(f"pencilin: {refused}", err=True)
        raise SystemExit(1) from None


if __name__ == "__main__":
    main()
