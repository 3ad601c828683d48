"""The only home of SQLAlchemy: query functions take values and return values."""
