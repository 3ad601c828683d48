"""
Buffers: the time a partner keeps free around what stands in their calendar, to get there and to come home.

They are one person's own wish and belong to that person's busy times alone, so they are laid on before the times of
both become one heap, where nothing tells any more whose they were.
"""

from dataclasses import dataclass
from datetime import timedelta

from service.core.errors import Invalid
from service.core.spans import Spans, pad_spans

LONGEST = timedelta(hours=3)
_NOTHING = timedelta(0)


@dataclass(frozen=True, slots=True)
class Buffers:
    """How long before and after each of their busy times a partner stays free, up to 3 hours each; raises `Invalid`."""

    before: timedelta = _NOTHING
    after: timedelta = _NOTHING

    def __post_init__(self) -> None:
        if not all(_NOTHING <= each <= LONGEST for each in (self.before, self.after)):
            raise Invalid(f"Time kept around entries can be up to {LONGEST // timedelta(minutes=1)} minutes.")

    def around(self, busy: Spans) -> Spans:
        """Return merged busy times with the time that is kept before and after each, merged."""
        return busy if self == NO_BUFFERS else pad_spans(busy, before=self.before, after=self.after)


NO_BUFFERS = Buffers()
