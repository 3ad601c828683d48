"""What alembic runs: the steps, on the connection that `service.store.schema` hands over."""

from typing import Any, Literal

from alembic import context

from service.store.tables import UtcDateTime, metadata


def _render(kind: str, item: Any, _context: object) -> str | Literal[False]:
    # a step must not change when our types do
    return "sa.DateTime(timezone=True)" if kind == "type" and isinstance(item, UtcDateTime) else False


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,  # SQLite changes a table by writing it anew
    render_item=_render,
    compare_type=True,
)
with context.begin_transaction():
    context.run_migrations()
