"""The first tables."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "couples",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("windows", sa.JSON(), nullable=False),
        sa.Column("shortest_minutes", sa.Integer(), nullable=False),
        sa.Column("has", sa.JSON(), nullable=False),
        sa.Column("children", sa.Boolean(), nullable=False),
        sa.Column("asleep_from", sa.String(length=5), nullable=True),
        sa.Column("helper_hours", sa.JSON(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_couples")),
    )
    op.create_table(
        "dates",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("couple_id", sa.String(length=32), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("idea_id", sa.String(length=64), nullable=True),
        sa.Column("origin", sa.String(length=8), nullable=False),
        sa.Column("stage", sa.String(length=16), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("timed", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("answer_by", sa.DateTime(timezone=True), nullable=False),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["couple_id"], ["couples.id"], name=op.f("fk_dates_couple_id_couples"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dates")),
    )
    with op.batch_alter_table("dates", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_dates_couple_id_starts_at"), ["couple_id", "starts_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_dates_next_at"), ["next_at"], unique=False)

    op.create_table(
        "helpers",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("couple_id", sa.String(length=32), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("address", sa.String(length=254), nullable=True),
        sa.Column("place", sa.String(length=80), nullable=True),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["couple_id"], ["couples.id"], name=op.f("fk_helpers_couple_id_couples"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_helpers")),
    )
    with op.batch_alter_table("helpers", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_helpers_couple_id"), ["couple_id"], unique=False)

    op.create_table(
        "partners",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("couple_id", sa.String(length=32), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("address", sa.String(length=254), nullable=False),
        sa.Column("zone", sa.String(length=64), nullable=False),
        sa.Column("language", sa.String(length=16), nullable=False),
        sa.Column("entry_title", sa.String(length=16), nullable=False),
        sa.Column("prefers_email", sa.Boolean(), nullable=False),
        sa.Column("keeps_calendar", sa.Boolean(), nullable=False),
        sa.Column("minutes_before", sa.Integer(), nullable=False),
        sa.Column("minutes_after", sa.Integer(), nullable=False),
        sa.Column("away", sa.JSON(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["couple_id"], ["couples.id"], name=op.f("fk_partners_couple_id_couples"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_partners")),
        sa.UniqueConstraint("address", name=op.f("uq_partners_address")),
    )
    with op.batch_alter_table("partners", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_partners_couple_id"), ["couple_id"], unique=False)

    op.create_table(
        "rhythms",
        sa.Column("couple_id", sa.String(length=32), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("about_days", sa.Integer(), nullable=False),
        sa.Column("least_days", sa.Integer(), nullable=False),
        sa.Column("most_days", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["couple_id"], ["couples.id"], name=op.f("fk_rhythms_couple_id_couples"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("couple_id", name=op.f("pk_rhythms")),
    )
    with op.batch_alter_table("rhythms", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_rhythms_next_at"), ["next_at"], unique=False)

    op.create_table(
        "answers",
        sa.Column("date_id", sa.String(length=32), nullable=False),
        sa.Column("partner_id", sa.String(length=32), nullable=False),
        sa.Column("partstat", sa.String(length=16), nullable=False),
        sa.Column("via", sa.String(length=8), nullable=True),
        sa.ForeignKeyConstraint(["date_id"], ["dates.id"], name=op.f("fk_answers_date_id_dates"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["partner_id"], ["partners.id"], name=op.f("fk_answers_partner_id_partners"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("date_id", "partner_id", name=op.f("pk_answers")),
    )
    op.create_table(
        "asks",
        sa.Column("date_id", sa.String(length=32), nullable=False),
        sa.Column("helper_id", sa.String(length=32), nullable=False),
        sa.Column("timed", sa.Integer(), nullable=False),
        sa.Column("told", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["date_id"], ["dates.id"], name=op.f("fk_asks_date_id_dates"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["helper_id"], ["helpers.id"], name=op.f("fk_asks_helper_id_helpers"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("date_id", "helper_id", name=op.f("pk_asks")),
    )
    with op.batch_alter_table("asks", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_asks_helper_id"), ["helper_id"], unique=False)

    op.create_table(
        "calendars",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("partner_id", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("role", sa.String(length=8), nullable=False),
        sa.Column("account", sa.LargeBinary(), nullable=False),
        sa.Column("collection_digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("writable", sa.Boolean(), nullable=False),
        sa.Column("receives_dates", sa.Boolean(), nullable=False),
        sa.Column("tentative", sa.String(length=4), nullable=False),
        sa.Column("unanswered", sa.String(length=4), nullable=False),
        sa.Column("all_day", sa.String(length=4), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("sync_token", sa.String(), nullable=True),
        sa.Column("ctag", sa.String(), nullable=True),
        sa.Column("edition", sa.Integer(), nullable=False),
        sa.Column("read_edition", sa.Integer(), nullable=False),
        sa.Column("problem", sa.String(length=32), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("unreadable", sa.Integer(), nullable=False),
        sa.Column("objects_listed", sa.Integer(), nullable=False),
        sa.Column("objects_read", sa.Integer(), nullable=False),
        sa.Column("synced_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("compared_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("emptied_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("failing_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("first_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("next_sync_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("horizon_end", sa.DateTime(timezone=True), nullable=True),
        sa.Column("owner", sa.String(length=32), nullable=True),
        sa.Column("leased_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["partner_id"], ["partners.id"], name=op.f("fk_calendars_partner_id_partners"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_calendars")),
        sa.UniqueConstraint("partner_id", "collection_digest", name=op.f("uq_calendars_partner_id_collection_digest")),
    )
    with op.batch_alter_table("calendars", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_calendars_next_sync_at"), ["next_sync_at"], unique=False)

    op.create_table(
        "clashes",
        sa.Column("date_id", sa.String(length=32), nullable=False),
        sa.Column("partner_id", sa.String(length=32), nullable=False),
        sa.Column("kept", sa.Boolean(), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["date_id"], ["dates.id"], name=op.f("fk_clashes_date_id_dates"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["partner_id"], ["partners.id"], name=op.f("fk_clashes_partner_id_partners"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("date_id", "partner_id", name=op.f("pk_clashes")),
    )
    op.create_table(
        "consents",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("partner_id", sa.String(length=32), nullable=False),
        sa.Column("provider", sa.String(length=32), nullable=False),
        sa.Column("state_digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("verifier", sa.LargeBinary(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["partner_id"], ["partners.id"], name=op.f("fk_consents_partner_id_partners"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consents")),
        sa.UniqueConstraint("state_digest", name=op.f("uq_consents_state_digest")),
    )
    op.create_table(
        "covers",
        sa.Column("date_id", sa.String(length=32), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("source", sa.String(length=12), nullable=True),
        sa.Column("helper_id", sa.String(length=32), nullable=True),
        sa.Column("noticed", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("answer_by", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["date_id"], ["dates.id"], name=op.f("fk_covers_date_id_dates"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["helper_id"], ["helpers.id"], name=op.f("fk_covers_helper_id_helpers"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("date_id", name=op.f("pk_covers")),
    )
    with op.batch_alter_table("covers", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_covers_answer_by"), ["answer_by"], unique=False)
        batch_op.create_index(batch_op.f("ix_covers_helper_id"), ["helper_id"], unique=False)

    op.create_table(
        "digests",
        sa.Column("partner_id", sa.String(length=32), nullable=False),
        sa.Column("day", sa.Integer(), nullable=False),
        sa.Column("hour", sa.Integer(), nullable=False),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["partner_id"], ["partners.id"], name=op.f("fk_digests_partner_id_partners"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("partner_id", name=op.f("pk_digests")),
    )
    with op.batch_alter_table("digests", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_digests_next_at"), ["next_at"], unique=False)

    op.create_table(
        "gesture_likes",
        sa.Column("partner_id", sa.String(length=32), nullable=False),
        sa.Column("subjects", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["partner_id"], ["partners.id"], name=op.f("fk_gesture_likes_partner_id_partners"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("partner_id", name=op.f("pk_gesture_likes")),
    )
    op.create_table(
        "gesture_marks",
        sa.Column("partner_id", sa.String(length=32), nullable=False),
        sa.Column("gesture_id", sa.String(length=64), nullable=False),
        sa.Column("never", sa.Boolean(), nullable=False),
        sa.Column("latest_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["partner_id"], ["partners.id"], name=op.f("fk_gesture_marks_partner_id_partners"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("partner_id", "gesture_id", name=op.f("pk_gesture_marks")),
    )
    op.create_table(
        "gesture_wishes",
        sa.Column("partner_id", sa.String(length=32), nullable=False),
        sa.Column("per_week", sa.Integer(), nullable=False),
        sa.Column("channels", sa.JSON(), nullable=False),
        sa.Column("quiet", sa.String(length=16), nullable=True),
        sa.Column("delivery", sa.String(length=8), nullable=False),
        sa.Column("later_gesture_id", sa.String(length=64), nullable=True),
        sa.Column("later_named", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("next_due_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["partner_id"], ["partners.id"], name=op.f("fk_gesture_wishes_partner_id_partners"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("partner_id", name=op.f("pk_gesture_wishes")),
    )
    with op.batch_alter_table("gesture_wishes", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_gesture_wishes_next_due_at"), ["next_due_at"], unique=False)

    op.create_table(
        "idempotency",
        sa.Column("partner_id", sa.String(length=32), nullable=False),
        sa.Column("key", sa.String(length=255), nullable=False),
        sa.Column("request_digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("body", sa.LargeBinary(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["partner_id"], ["partners.id"], name=op.f("fk_idempotency_partner_id_partners"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("partner_id", "key", name=op.f("pk_idempotency")),
    )
    op.create_table(
        "invitations",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("couple_id", sa.String(length=32), nullable=True),
        sa.Column("partner_id", sa.String(length=32), nullable=True),
        sa.Column("address", sa.String(length=254), nullable=False),
        sa.Column("secret_digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["couple_id"], ["couples.id"], name=op.f("fk_invitations_couple_id_couples"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["partner_id"], ["partners.id"], name=op.f("fk_invitations_partner_id_partners"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invitations")),
        sa.UniqueConstraint("secret_digest", name=op.f("uq_invitations_secret_digest")),
    )
    op.create_table(
        "outbox",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("partner_id", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("date_id", sa.String(length=32), nullable=True),
        sa.Column("sequence", sa.Integer(), nullable=True),
        sa.Column("detail", sa.String(length=64), nullable=True),
        sa.Column("secret", sa.LargeBinary(), nullable=True),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("cause", sa.String(length=32), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("owner", sa.String(length=32), nullable=True),
        sa.Column("leased_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["date_id"], ["dates.id"], name=op.f("fk_outbox_date_id_dates"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["partner_id"], ["partners.id"], name=op.f("fk_outbox_partner_id_partners"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox")),
    )
    with op.batch_alter_table("outbox", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_outbox_date_id"), ["date_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_outbox_state_due_at"), ["state", "due_at"], unique=False)

    op.create_table(
        "push_endpoints",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("partner_id", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("target", sa.LargeBinary(), nullable=False),
        sa.Column("refusals", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["partner_id"], ["partners.id"], name=op.f("fk_push_endpoints_partner_id_partners"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_push_endpoints")),
    )
    with op.batch_alter_table("push_endpoints", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_push_endpoints_partner_id"), ["partner_id"], unique=False)

    op.create_table(
        "taste_questions",
        sa.Column("partner_id", sa.String(length=32), nullable=False),
        sa.Column("date_id", sa.String(length=32), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["date_id"], ["dates.id"], name=op.f("fk_taste_questions_date_id_dates"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["partner_id"], ["partners.id"], name=op.f("fk_taste_questions_partner_id_partners"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("partner_id", "date_id", name=op.f("pk_taste_questions")),
    )
    op.create_table(
        "tastes",
        sa.Column("partner_id", sa.String(length=32), nullable=False),
        sa.Column("subject", sa.String(length=80), nullable=False),
        sa.Column("answer", sa.String(length=16), nullable=True),
        sa.Column("before", sa.String(length=16), nullable=True),
        sa.Column("said_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["partner_id"], ["partners.id"], name=op.f("fk_tastes_partner_id_partners"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("partner_id", "subject", name=op.f("pk_tastes")),
    )
    op.create_table(
        "tokens",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("partner_id", sa.String(length=32), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("scopes", sa.JSON(), nullable=False),
        sa.Column("secret_digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["partner_id"], ["partners.id"], name=op.f("fk_tokens_partner_id_partners"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tokens")),
        sa.UniqueConstraint("secret_digest", name=op.f("uq_tokens_secret_digest")),
    )
    with op.batch_alter_table("tokens", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_tokens_partner_id"), ["partner_id"], unique=False)

    op.create_table(
        "entries",
        sa.Column("date_id", sa.String(length=32), nullable=False),
        sa.Column("partner_id", sa.String(length=32), nullable=False),
        sa.Column("channel", sa.String(length=8), nullable=False),
        sa.Column("calendar_id", sa.String(length=32), nullable=True),
        sa.Column("uid", sa.String(length=254), nullable=False),
        sa.Column("href", sa.String(), nullable=True),
        sa.Column("etag", sa.String(), nullable=True),
        sa.Column("applied", sa.Integer(), nullable=True),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("missing_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["calendar_id"], ["calendars.id"], name=op.f("fk_entries_calendar_id_calendars"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(["date_id"], ["dates.id"], name=op.f("fk_entries_date_id_dates"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["partner_id"], ["partners.id"], name=op.f("fk_entries_partner_id_partners"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("date_id", "partner_id", name=op.f("pk_entries")),
        sa.UniqueConstraint("uid", name=op.f("uq_entries_uid")),
    )
    with op.batch_alter_table("entries", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_entries_calendar_id"), ["calendar_id"], unique=False)

    op.create_table(
        "objects",
        sa.Column("calendar_id", sa.String(length=32), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("etag", sa.String(), nullable=False),
        sa.Column("digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("stripped", sa.LargeBinary(), nullable=False),
        sa.Column("unreadable", sa.Integer(), nullable=False),
        sa.Column("busy", sa.LargeBinary(), nullable=False),
        sa.Column("soft", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["calendar_id"], ["calendars.id"], name=op.f("fk_objects_calendar_id_calendars"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("calendar_id", "name", name=op.f("pk_objects")),
        sqlite_with_rowid=False,
    )
    with op.batch_alter_table("objects", schema=None) as batch_op:
        batch_op.create_index(
            "ix_objects_unreadable",
            ["calendar_id", "unreadable"],
            unique=False,
            sqlite_where=sa.text("unreadable > 0"),
            postgresql_where=sa.text("unreadable > 0"),
        )

    op.create_table(
        "timelines",
        sa.Column("calendar_id", sa.String(length=32), nullable=False),
        sa.Column("busy", sa.LargeBinary(), nullable=False),
        sa.Column("soft", sa.LargeBinary(), nullable=False),
        sa.Column("every_busy", sa.LargeBinary(), nullable=False),
        sa.Column("every_soft", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["calendar_id"], ["calendars.id"], name=op.f("fk_timelines_calendar_id_calendars"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("calendar_id", name=op.f("pk_timelines")),
    )
