"""
The same work, done by us and by each peer: two calendars' bytes to the evenings that both have free.

Every program takes ``FILE FILE START END WINDOWS`` and prints one JSON object: `cpu_s`, the seconds of CPU (user and
system) from reading the first file to the last gap, without the start of its interpreter; `busy`, the time taken on
either side, merged and clipped to START and END; `gaps`, at least an hour each. Times are seconds since 1970 UTC,
WINDOWS is ``start-end,start-end,…``. We find the evenings ourselves; the peers are handed them.
"""
