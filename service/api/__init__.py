"""REST, version 1: thin routers over the actions. They own no rule, no transaction and no session."""
