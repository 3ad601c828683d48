"""Pencil In: two calendars in, one simple date pencilled into both."""
