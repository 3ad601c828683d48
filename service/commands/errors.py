"""Why a command stops, in one plain line."""


class Stop(Exception):
    """The command cannot go on; the text says why."""
