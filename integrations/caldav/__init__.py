"""Calendars over CalDAV (RFC 4791): find them, read what changed, write one object at a time."""
