"""
One suite for every calendar server: the same steps against each of them, directly and through a proxy that does harm.

Each test is a step, marked ``step("its name")``; where servers differ by nature, what to expect is in the table of
`servers.FACTS`, never in a test. `TEST_CALENDARS` names the servers, Radicale and Xandikos where it does not.
"""
