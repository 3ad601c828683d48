"""What the clock asks for: claim due rows, act with no transaction open, record."""
