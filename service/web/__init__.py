"""Pages for people, over the same actions as the API: forms and links, no script, nothing from elsewhere."""
