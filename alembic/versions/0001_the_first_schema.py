"""The first schema."""

import sqlalchemy as sa
from alembic import op

from monitor.adapters import views
from monitor.adapters.tables import BigId, Json, UtcDateTime

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "changes",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("who", sa.Text(), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("incident_id", BigId, nullable=True),
        sa.Column("detail", Json, nullable=False),
        sa.Column("undone_by", BigId, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_changes")),
    )
    with op.batch_alter_table("changes", schema=None) as batch_op:
        batch_op.create_index("ix_changes_incident_id", ["incident_id"], unique=False)

    op.create_table(
        "holds",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("until", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_holds")),
    )
    op.create_table(
        "incidents",
        sa.Column("id", BigId, autoincrement=False, nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("summary", sa.Text(), server_default="", nullable=False),
        sa.Column("topics", Json, nullable=False),
        sa.Column("founded_by", BigId, nullable=False),
        sa.Column("first_report_at", UtcDateTime(), nullable=False),
        sa.Column("last_report_at", UtcDateTime(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.Column("merged_into", BigId, nullable=True),
        sa.Column("confirmed", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.ForeignKeyConstraint(["merged_into"], ["incidents.id"], name=op.f("fk_incidents_merged_into")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_incidents")),
    )
    with op.batch_alter_table("incidents", schema=None) as batch_op:
        batch_op.create_index("ix_incidents_last_report_at", ["last_report_at"], unique=False)
        batch_op.create_index("ix_incidents_updated_at", ["updated_at"], unique=False)

    op.create_table(
        "leases",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("token", sa.Text(), nullable=False),
        sa.Column("until", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_leases")),
    )
    op.create_table(
        "paces",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("state", Json, nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_paces")),
    )
    op.create_table(
        "pauses",
        sa.Column("host", sa.Text(), nullable=False),
        sa.Column("until", UtcDateTime(), nullable=False),
        sa.Column("times", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("host", name=op.f("pk_pauses")),
    )
    op.create_table(
        "polls",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("entries", sa.Integer(), nullable=False),
        sa.Column("new", sa.Integer(), nullable=False),
        sa.Column("seconds", sa.Float(), nullable=False),
        sa.Column("detail", sa.Text(), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_polls")),
    )
    with op.batch_alter_table("polls", schema=None) as batch_op:
        batch_op.create_index("ix_polls_at", ["at"], unique=False)
        batch_op.create_index("ix_polls_source_at", ["source", "at"], unique=False)

    op.create_table(
        "positions",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("position", BigId, nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_positions")),
    )
    op.create_table(
        "sources",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), server_default="new", nullable=False),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.Column("since", UtcDateTime(), nullable=True),
        sa.Column("last_polled_at", UtcDateTime(), nullable=True),
        sa.Column("next_poll_at", UtcDateTime(), nullable=True),
        sa.Column("last_new_at", UtcDateTime(), nullable=True),
        sa.Column("gap_seconds", sa.Float(), nullable=True),
        sa.Column("interval_seconds", sa.Float(), nullable=True),
        sa.Column("failures", sa.Float(), server_default="0", nullable=False),
        sa.Column("entries_seen", sa.Integer(), server_default="0", nullable=False),
        sa.Column("etag", sa.Text(), server_default="", nullable=False),
        sa.Column("last_modified", sa.Text(), server_default="", nullable=False),
        sa.Column("body_hash", sa.Text(), server_default="", nullable=False),
        sa.Column("moved_to", sa.Text(), server_default="", nullable=False),
        sa.Column("moved_times", sa.Integer(), server_default="0", nullable=False),
        sa.Column("moved_since", UtcDateTime(), nullable=True),
        sa.Column("url_in_force", sa.Text(), server_default="", nullable=False),
        sa.Column("url", sa.Text(), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_sources")),
    )
    op.create_table(
        "templates",
        sa.Column("site", sa.Text(), nullable=False),
        sa.Column("host", sa.Text(), nullable=False),
        sa.Column("forbidden", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.Column("state", Json, nullable=False),
        sa.PrimaryKeyConstraint("site", name=op.f("pk_templates")),
    )
    with op.batch_alter_table("templates", schema=None) as batch_op:
        batch_op.create_index("ix_templates_host", ["host"], unique=False)

    op.create_table(
        "tokens",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("used_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_tokens")),
        sa.UniqueConstraint("digest", name=op.f("uq_tokens_digest")),
    )
    op.create_table(
        "turns",
        sa.Column("host", sa.Text(), nullable=False),
        sa.Column("next_start", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("host", name=op.f("pk_turns")),
    )
    op.create_table(
        "webhooks",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("secret", sa.Text(), nullable=False),
        sa.Column("kinds", Json, nullable=False),
        sa.Column("disabled", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhooks")),
    )
    op.create_table(
        "workers",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("roles", sa.Text(), nullable=False),
        sa.Column("machine", sa.Text(), nullable=False),
        sa.Column("pid", sa.Integer(), nullable=False),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("started_at", UtcDateTime(), nullable=False),
        sa.Column("beat_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_workers")),
    )
    op.create_table(
        "articles",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("url_key", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("host", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("found_at", UtcDateTime(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("state_at", UtcDateTime(), nullable=False),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.Column("due_at", UtcDateTime(), nullable=False),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("lease_token", sa.Text(), server_default="", nullable=False),
        sa.Column("leased_until", UtcDateTime(), nullable=True),
        sa.Column("topics", Json, nullable=True),
        sa.Column("relevance", sa.Float(), nullable=True),
        sa.Column("screen_reasons", Json, nullable=True),
        sa.Column("copy_of", BigId, nullable=True),
        sa.Column("copy_score", sa.Float(), nullable=True),
        sa.Column("incident_id", BigId, nullable=True),
        sa.Column("match", sa.Text(), nullable=True),
        sa.Column("match_score", sa.Float(), nullable=True),
        sa.Column("match_reasons", Json, nullable=True),
        sa.Column("match_evidence", Json, nullable=True),
        sa.Column("alternative", Json, nullable=True),
        sa.Column("roundup", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("words_only", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("priority", sa.Float(), server_default="0", nullable=False),
        sa.Column("seq", BigId, nullable=True),
        sa.Column("queued_at", UtcDateTime(), nullable=True),
        sa.Column("label_state", sa.Text(), server_default="pending", nullable=False),
        sa.Column("place", sa.Float(), server_default="0", nullable=False),
        sa.Column("place_reasons", Json, nullable=True),
        sa.Column("overlap", sa.Integer(), server_default="1", nullable=False),
        sa.Column("entry", Json, nullable=False),
        sa.ForeignKeyConstraint(["copy_of"], ["articles.id"], name=op.f("fk_articles_copy_of")),
        sa.ForeignKeyConstraint(["incident_id"], ["incidents.id"], name=op.f("fk_articles_incident_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_articles")),
        sa.UniqueConstraint("seq", name=op.f("uq_articles_seq")),
        sa.UniqueConstraint("url_key", name=op.f("uq_articles_url_key")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("articles", schema=None) as batch_op:
        batch_op.create_index("ix_articles_copy_of", ["copy_of"], unique=False)
        batch_op.create_index("ix_articles_found_at_state", ["found_at", "state"], unique=False)
        batch_op.create_index(
            "ix_articles_host",
            ["host", "due_at"],
            unique=False,
            sqlite_where=sa.text("state = 'found'"),
            postgresql_where=sa.text("state = 'found'"),
        )
        batch_op.create_index("ix_articles_incident_id", ["incident_id"], unique=False)
        batch_op.create_index(
            "ix_articles_queue",
            ["place", "id"],
            unique=False,
            sqlite_where=sa.text("state || '/' || label_state = 'queued/pending'"),
            postgresql_where=sa.text("state || '/' || label_state = 'queued/pending'"),
        )
        batch_op.create_index("ix_articles_source_id", ["source", "id"], unique=False)
        batch_op.create_index("ix_articles_state_due_at", ["state", "due_at"], unique=False)
        batch_op.create_index("ix_articles_state_label_state", ["state", "label_state"], unique=False)

    op.create_table(
        "deliveries",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("webhook_id", BigId, nullable=False),
        sa.Column("notice", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("body", Json, nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("due_at", UtcDateTime(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.ForeignKeyConstraint(
            ["webhook_id"], ["webhooks.id"], name=op.f("fk_deliveries_webhook_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deliveries")),
        sa.UniqueConstraint("webhook_id", "notice", name="uq_deliveries_webhook_id_notice"),
    )
    with op.batch_alter_table("deliveries", schema=None) as batch_op:
        batch_op.create_index("ix_deliveries_state_due_at", ["state", "due_at"], unique=False)

    op.create_table(
        "incident_labels",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("incident_id", BigId, nullable=False),
        sa.Column("scheme", sa.Text(), nullable=False),
        sa.Column("question", sa.Text(), nullable=False),
        sa.Column("value", Json, nullable=False),
        sa.Column("labeller", sa.Text(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("rationale", sa.Text(), server_default="", nullable=False),
        sa.Column("withdrawn", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.ForeignKeyConstraint(
            ["incident_id"], ["incidents.id"], name=op.f("fk_incident_labels_incident_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_incident_labels")),
    )
    with op.batch_alter_table("incident_labels", schema=None) as batch_op:
        batch_op.create_index("ix_incident_labels_incident_id", ["incident_id"], unique=False)

    op.create_table(
        "captures",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("article_id", BigId, autoincrement=False, nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("due_at", UtcDateTime(), nullable=True),
        sa.Column("priority", sa.Float(), server_default="0", nullable=False),
        sa.Column("lease_token", sa.Text(), server_default="", nullable=False),
        sa.Column("leased_until", UtcDateTime(), nullable=True),
        sa.Column("sent_at", UtcDateTime(), nullable=True),
        sa.Column("remote_id", sa.Text(), server_default="", nullable=False),
        sa.Column("archived_at", UtcDateTime(), nullable=True),
        sa.Column("archive_url", sa.Text(), server_default="", nullable=False),
        sa.Column("final_url", sa.Text(), server_default="", nullable=False),
        sa.Column("looks", sa.Integer(), server_default="0", nullable=False),
        sa.Column("retakes", sa.Integer(), server_default="0", nullable=False),
        sa.Column("answer", Json, nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["article_id"], ["articles.id"], name=op.f("fk_captures_article_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_captures")),
        sa.UniqueConstraint("article_id", name="uq_captures_article_id"),
    )
    with op.batch_alter_table("captures", schema=None) as batch_op:
        batch_op.create_index("ix_captures_leased_until", ["leased_until"], unique=False)
        batch_op.create_index("ix_captures_state_due_at", ["state", "due_at"], unique=False)
        batch_op.create_index("ix_captures_state_priority", ["state", "priority"], unique=False)
        batch_op.create_index("ix_captures_state_sent_at", ["state", "sent_at"], unique=False)

    op.create_table(
        "claims",
        sa.Column("article_id", BigId, autoincrement=False, nullable=False),
        sa.Column("labeller", sa.Text(), nullable=False),
        sa.Column("token", sa.Text(), nullable=False),
        sa.Column("claimed_at", UtcDateTime(), nullable=False),
        sa.Column("leased_until", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["article_id"], ["articles.id"], name=op.f("fk_claims_article_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("article_id", "labeller", name=op.f("pk_claims")),
    )
    with op.batch_alter_table("claims", schema=None) as batch_op:
        batch_op.create_index("ix_claims_leased_until", ["leased_until"], unique=False)

    op.create_table(
        "documents",
        sa.Column("article_id", BigId, autoincrement=False, nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("summary", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("authors", Json, nullable=False),
        sa.Column("publisher", sa.Text(), nullable=False),
        sa.Column("country", sa.Text(), nullable=False),
        sa.Column("published_at", UtcDateTime(), nullable=True),
        sa.Column("modified_at", UtcDateTime(), nullable=True),
        sa.Column("canonical_url", sa.Text(), nullable=False),
        sa.Column("image_url", sa.Text(), nullable=False),
        sa.Column("source_named", sa.Text(), nullable=False),
        sa.Column("links", Json, nullable=False),
        sa.Column("reader", sa.Text(), nullable=False),
        sa.Column("content_hash", sa.Text(), nullable=False),
        sa.Column("read_at", UtcDateTime(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["article_id"], ["articles.id"], name=op.f("fk_documents_article_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("article_id", name=op.f("pk_documents")),
    )
    with op.batch_alter_table("documents", schema=None) as batch_op:
        batch_op.create_index("ix_documents_content_hash", ["content_hash"], unique=False)
        batch_op.create_index("ix_documents_facets", ["language", "publisher", "country"], unique=False)
        batch_op.create_index("ix_documents_published_at", ["published_at"], unique=False)

    op.create_table(
        "labels",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("article_id", BigId, autoincrement=False, nullable=False),
        sa.Column("scheme", sa.Text(), nullable=False),
        sa.Column("question", sa.Text(), nullable=False),
        sa.Column("value", Json, nullable=False),
        sa.Column("labeller", sa.Text(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("rationale", sa.Text(), server_default="", nullable=False),
        sa.Column("quote", sa.Text(), server_default="", nullable=False),
        sa.Column("supersedes", BigId, nullable=True),
        sa.Column("client_id", sa.Text(), nullable=True),
        sa.Column("withdrawn", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("answer", sa.Text(), server_default="", nullable=False),
        sa.Column("origin", sa.Text(), server_default="", nullable=False),
        sa.Column("seconds", sa.Float(), nullable=True),
        sa.ForeignKeyConstraint(
            ["article_id"], ["articles.id"], name=op.f("fk_labels_article_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_labels")),
        sa.UniqueConstraint("client_id", name=op.f("uq_labels_client_id")),
    )
    with op.batch_alter_table("labels", schema=None) as batch_op:
        batch_op.create_index("ix_labels_article_id", ["article_id"], unique=False)
        batch_op.create_index("ix_labels_labeller_id", ["labeller", "id"], unique=False)
        batch_op.create_index("ix_labels_scheme_question", ["scheme", "question"], unique=False)

    op.create_table(
        "mentions",
        sa.Column("article_id", BigId, autoincrement=False, nullable=False),
        sa.Column("incident_id", BigId, autoincrement=False, nullable=False),
        sa.Column("score", sa.Float(), nullable=False),
        sa.Column("segment", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["article_id"], ["articles.id"], name=op.f("fk_mentions_article_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["incident_id"], ["incidents.id"], name=op.f("fk_mentions_incident_id")),
        sa.PrimaryKeyConstraint("article_id", "incident_id", name=op.f("pk_mentions")),
    )
    with op.batch_alter_table("mentions", schema=None) as batch_op:
        batch_op.create_index("ix_mentions_incident_id", ["incident_id"], unique=False)

    op.create_table(
        "sketches",
        sa.Column("article_id", BigId, autoincrement=False, nullable=False),
        sa.Column("sketch", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["article_id"], ["articles.id"], name=op.f("fk_sketches_article_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("article_id", name=op.f("pk_sketches")),
    )
    op.create_table(
        "skips",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("article_id", BigId, autoincrement=False, nullable=False),
        sa.Column("labeller", sa.Text(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.Column("final", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("withdrawn", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.ForeignKeyConstraint(
            ["article_id"], ["articles.id"], name=op.f("fk_skips_article_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_skips")),
    )
    with op.batch_alter_table("skips", schema=None) as batch_op:
        batch_op.create_index("ix_skips_article_id", ["article_id"], unique=False)

    op.create_table(
        "suggestions",
        sa.Column("article_id", BigId, autoincrement=False, nullable=False),
        sa.Column("scheme", sa.Text(), nullable=False),
        sa.Column("question", sa.Text(), nullable=False),
        sa.Column("suggester", sa.Text(), nullable=False),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("value", Json, nullable=False),
        sa.Column("score", sa.Float(), nullable=False),
        sa.Column("rationale", sa.Text(), server_default="", nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["article_id"], ["articles.id"], name=op.f("fk_suggestions_article_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("article_id", "scheme", "question", "suggester", name=op.f("pk_suggestions")),
    )
    op.create_table(
        "vectors",
        sa.Column("article_id", BigId, autoincrement=False, nullable=False),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("vector", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["article_id"], ["articles.id"], name=op.f("fk_vectors_article_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("article_id", name=op.f("pk_vectors")),
    )
    op.create_table(
        "versions",
        sa.Column("article_id", BigId, autoincrement=False, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("content_hash", sa.Text(), nullable=False),
        sa.Column("reader", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("seen_at", UtcDateTime(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["article_id"], ["articles.id"], name=op.f("fk_versions_article_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("article_id", "number", name=op.f("pk_versions")),
    )
    op.create_table(
        "watches",
        sa.Column("article_id", BigId, autoincrement=False, nullable=False),
        sa.Column("seq", BigId, nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("since", UtcDateTime(), nullable=True),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.Column("final_url", sa.Text(), server_default="", nullable=False),
        sa.Column("looks", sa.Integer(), server_default="0", nullable=False),
        sa.Column("failures", sa.Integer(), server_default="0", nullable=False),
        sa.Column("baseline", sa.Text(), server_default="", nullable=False),
        sa.Column("looked_at", UtcDateTime(), nullable=True),
        sa.Column("due_at", UtcDateTime(), nullable=False),
        sa.Column("lease_token", sa.Text(), server_default="", nullable=False),
        sa.Column("leased_until", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["article_id"], ["articles.id"], name=op.f("fk_watches_article_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("article_id", name=op.f("pk_watches")),
    )
    with op.batch_alter_table("watches", schema=None) as batch_op:
        batch_op.create_index("ix_watches_due_at", ["due_at"], unique=False)
        batch_op.create_index("ix_watches_seq", ["seq"], unique=False)
        batch_op.create_index("ix_watches_state", ["state"], unique=False)
    for statement in views.create(op.get_bind().dialect.name):
        op.execute(statement)


def downgrade() -> None:
    for statement in views.drop():
        op.execute(statement)
    with op.batch_alter_table("watches", schema=None) as batch_op:
        batch_op.drop_index("ix_watches_state")
        batch_op.drop_index("ix_watches_seq")
        batch_op.drop_index("ix_watches_due_at")

    op.drop_table("watches")
    op.drop_table("versions")
    op.drop_table("vectors")
    op.drop_table("suggestions")
    with op.batch_alter_table("skips", schema=None) as batch_op:
        batch_op.drop_index("ix_skips_article_id")

    op.drop_table("skips")
    op.drop_table("sketches")
    with op.batch_alter_table("mentions", schema=None) as batch_op:
        batch_op.drop_index("ix_mentions_incident_id")

    op.drop_table("mentions")
    with op.batch_alter_table("labels", schema=None) as batch_op:
        batch_op.drop_index("ix_labels_scheme_question")
        batch_op.drop_index("ix_labels_labeller_id")
        batch_op.drop_index("ix_labels_article_id")

    op.drop_table("labels")
    with op.batch_alter_table("documents", schema=None) as batch_op:
        batch_op.drop_index("ix_documents_published_at")
        batch_op.drop_index("ix_documents_facets")
        batch_op.drop_index("ix_documents_content_hash")

    op.drop_table("documents")
    with op.batch_alter_table("claims", schema=None) as batch_op:
        batch_op.drop_index("ix_claims_leased_until")

    op.drop_table("claims")
    with op.batch_alter_table("captures", schema=None) as batch_op:
        batch_op.drop_index("ix_captures_state_sent_at")
        batch_op.drop_index("ix_captures_state_priority")
        batch_op.drop_index("ix_captures_state_due_at")
        batch_op.drop_index("ix_captures_leased_until")

    op.drop_table("captures")
    with op.batch_alter_table("incident_labels", schema=None) as batch_op:
        batch_op.drop_index("ix_incident_labels_incident_id")

    op.drop_table("incident_labels")
    with op.batch_alter_table("deliveries", schema=None) as batch_op:
        batch_op.drop_index("ix_deliveries_state_due_at")

    op.drop_table("deliveries")
    with op.batch_alter_table("articles", schema=None) as batch_op:
        batch_op.drop_index("ix_articles_state_label_state")
        batch_op.drop_index("ix_articles_state_due_at")
        batch_op.drop_index("ix_articles_source_id")
        batch_op.drop_index(
            "ix_articles_queue",
            sqlite_where=sa.text("state || '/' || label_state = 'queued/pending'"),
            postgresql_where=sa.text("state || '/' || label_state = 'queued/pending'"),
        )
        batch_op.drop_index("ix_articles_incident_id")
        batch_op.drop_index(
            "ix_articles_host",
            sqlite_where=sa.text("state = 'found'"),
            postgresql_where=sa.text("state = 'found'"),
        )
        batch_op.drop_index("ix_articles_found_at_state")
        batch_op.drop_index("ix_articles_copy_of")

    op.drop_table("articles")
    op.drop_table("workers")
    op.drop_table("webhooks")
    op.drop_table("turns")
    op.drop_table("tokens")
    with op.batch_alter_table("templates", schema=None) as batch_op:
        batch_op.drop_index("ix_templates_host")

    op.drop_table("templates")
    op.drop_table("sources")
    op.drop_table("positions")
    with op.batch_alter_table("polls", schema=None) as batch_op:
        batch_op.drop_index("ix_polls_source_at")
        batch_op.drop_index("ix_polls_at")

    op.drop_table("polls")
    op.drop_table("pauses")
    op.drop_table("paces")
    op.drop_table("leases")
    with op.batch_alter_table("incidents", schema=None) as batch_op:
        batch_op.drop_index("ix_incidents_updated_at")
        batch_op.drop_index("ix_incidents_last_report_at")

    op.drop_table("incidents")
    op.drop_table("holds")
    with op.batch_alter_table("changes", schema=None) as batch_op:
        batch_op.drop_index("ix_changes_incident_id")

    op.drop_table("changes")
