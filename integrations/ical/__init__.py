"""iCalendar as values: bytes in, busy times out; dates in, bytes out (RFC 5545, 5546)."""
