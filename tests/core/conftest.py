"""Examples of property tests have no deadline: on a busy machine it would fail at random."""

from hypothesis import settings

settings.register_profile("house", deadline=None)
settings.load_profile("house")
