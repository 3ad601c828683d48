"""
What a clock on the wall says of the world outside: the season, the part of the day, and whether it is light.

Moments are local times of their zone. The rules know half of the earth and no latitude, so they say "light" and "dark"
only of hours that are so nearly everywhere where people live; the hours between are neither.
"""

import re
from datetime import datetime
from zoneinfo import ZoneInfo

SEASONS = ("winter", "spring", "summer", "autumn")
DAYPARTS = ("morning", "afternoon", "evening", "night")

_MORNING, _AFTERNOON, _EVENING, _NIGHT = 5, 12, 17, 21  # the local hours at which they begin
_HALF_A_YEAR = 6
_TWILIGHT = 2  # hours between daylight and dark
# from which hour it is surely day, and until when, in the months of the north from January on
_DAYLIGHT = (
    (9, 16),
    (8, 17),
    (7, 18),
    (7, 19),
    (6, 20),
    (6, 21),
    (6, 21),
    (7, 20),
    (7, 19),
    (8, 17),
    (9, 16),
    (9, 15),
)
# zones south of 15 degrees south, with their older names; nearer to the equator a year has other seasons than these
_SOUTHERN = re.compile(
    r"""
    (Antarctica|Australia|America/Argentina|Brazil|Chile)/.*
    | NZ | NZ-CHAT
    | Africa/( Antananarivo | Blantyre | Gaborone | Harare | Johannesburg | Lusaka | Maputo | Maseru | Mbabane
        | Windhoek )
    | America/( Asuncion | Buenos_Aires | Campo_Grande | Catamarca | Cordoba | Coyhaique | Cuiaba | Jujuy | La_Paz
        | Mendoza | Montevideo | Punta_Arenas | Rosario | Santiago | Sao_Paulo )
    | Atlantic/( South_Georgia | St_Helena | Stanley )
    | Indian/( Antananarivo | Kerguelen | Mauritius | Reunion )
    | Pacific/( Auckland | Chatham | Easter | Efate | Fiji | Gambier | Niue | Norfolk | Noumea | Pitcairn | Rarotonga
        | Tahiti | Tongatapu )
    """,
    re.VERBOSE,
)


def daypart(local: datetime) -> str:
    if _MORNING <= local.hour < _AFTERNOON:
        return "morning"
    if _AFTERNOON <= local.hour < _EVENING:
        return "afternoon"
    return "evening" if _EVENING <= local.hour < _NIGHT else "night"


def season(local: datetime, *, zone: ZoneInfo) -> str:
    """Return the season by whole months (winter begins with December, in the south with June)."""
    return SEASONS[_northern_month(local, zone=zone) // 3 % 4]


def is_daylight(local: datetime, *, zone: ZoneInfo) -> bool:
    """Return whether it is surely day at that moment."""
    dawn, dusk = _DAYLIGHT[_northern_month(local, zone=zone) - 1]
    return dawn <= _hours(local) <= dusk


def is_dark(local: datetime, *, zone: ZoneInfo) -> bool:
    """Return whether it is surely dark at that moment."""
    dawn, dusk = _DAYLIGHT[_northern_month(local, zone=zone) - 1]
    return _hours(local) >= dusk + _TWILIGHT or _hours(local) <= dawn - _TWILIGHT


def _northern_month(local: datetime, *, zone: ZoneInfo) -> int:
    """Return the month, 1 to 12, that has the same seasons in the north."""
    shift = _HALF_A_YEAR if _SOUTHERN.fullmatch(zone.key) else 0
    return (local.month - 1 + shift) % 12 + 1


def _hours(local: datetime) -> float:
    return local.hour + local.minute / 60
