"""What a person asks for: one function, one transaction, one thing that happened."""
