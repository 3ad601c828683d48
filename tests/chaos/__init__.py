"""
Crashes under load: `make chaos`, with real processes, PostgreSQL, Radicale and a mail server.

Two workers and the API are ended by SIGKILL at random while couples pencil in, answer, move and call off over REST.
When all is quiet, what the API acknowledged is compared with the database, the calendars and the mails.
"""
