"""What the columns of all tables have in common."""

from datetime import datetime

from sqlalchemy import Column, ForeignKey, MetaData, String

from service.store.moments import UtcDateTime

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def new_id() -> Column[str]:
    return Column("id", String(32), primary_key=True)


def of(table: str, *, name: str | None = None, primary_key: bool = False, nullable: bool = False) -> Column[str]:
    """Return the column that hangs a row on one of `table`, with which it goes."""
    return Column(
        name or f"{table.removesuffix('s')}_id",
        String(32),
        ForeignKey(f"{table}.id", ondelete="CASCADE"),
        primary_key=primary_key,
        nullable=nullable and not primary_key,
    )


def moment(name: str, *, nullable: bool = False) -> Column[datetime]:
    return Column(name, UtcDateTime, nullable=nullable)


def lease() -> tuple[Column[str | None], Column[datetime]]:
    """Return the columns that say who works on a row just now, and until when."""
    return Column("owner", String(32)), moment("leased_until", nullable=True)
