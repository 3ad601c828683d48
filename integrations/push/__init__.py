"""Short notes to a person's own devices and apps: Web Push, ntfy, and plain HTTP."""
