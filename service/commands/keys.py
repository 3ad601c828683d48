"""`pencilin keys`: keys that seal passwords at rest."""

import sys

from service.store.vault import new_key_line


def print_new() -> None:
    """Print a fresh key; append older ones below it, so that what they sealed still opens."""
    sys.stdout.write(new_key_line())
