"""Published iCalendar feeds: calendars that are read whole, from an address that is their only key."""
