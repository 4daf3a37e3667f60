"""The base tables; they may change with any release, the views of `views.py` may not.

Every time is a `UtcDateTime`: aware UTC in Python, `timestamptz` on PostgreSQL, ISO 8601 text ending in Z on
SQLite, which sorts and compares as time does.
"""

from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

metadata = sa.MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


class UtcDateTime(sa.types.TypeDecorator[datetime]):
    """An aware UTC time on every database; a naive one raises ValueError.

    SQLAlchemy's own type loses the zone on SQLite: 12:00+08:00 would come back as 12:00.
    """

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def load_dialect_impl(self, dialect: sa.Dialect) -> sa.types.TypeEngine[Any]:
        """Keep text on SQLite, a real time elsewhere."""
        return dialect.type_descriptor(sa.String(27) if dialect.name == "sqlite" else self.impl_instance)

    def process_bind_param(self, value: datetime | None, dialect: sa.Dialect) -> Any:
        """Refuse naive times, convert the others to UTC."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"naive time {value!r}")
        utc = value.astimezone(UTC)
        return f"{utc.isoformat(timespec='microseconds')[:26]}Z" if dialect.name == "sqlite" else utc

    def process_result_value(self, value: Any, dialect: sa.Dialect) -> datetime | None:  # noqa: ARG002
        """Restore the zone."""
        if value is None:
            return None
        if isinstance(value, str):
            return datetime.fromisoformat(value)
        return value.astimezone(UTC)  # type: ignore[no-any-return]


Json = sa.JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")
BigId = sa.BigInteger().with_variant(sa.Integer(), "sqlite")  # SQLite numbers only INTEGER keys by itself


def _id() -> sa.Column[int]:
    return sa.Column("id", BigId, primary_key=True, autoincrement=True)


def _article(*, primary_key: bool = False) -> sa.Column[int]:
    return sa.Column(
        "article_id",
        BigId,
        sa.ForeignKey("articles.id", ondelete="CASCADE"),
        primary_key=primary_key,
        nullable=False,
        autoincrement=False,
    )


sources = sa.Table(
    "sources",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("status", sa.Text, nullable=False, server_default="new"),
    sa.Column("reason", sa.Text, nullable=False, server_default=""),
    sa.Column("since", UtcDateTime),
    sa.Column("last_polled_at", UtcDateTime),
    sa.Column("next_poll_at", UtcDateTime),
    sa.Column("last_new_at", UtcDateTime),
    sa.Column("gap_seconds", sa.Float),
    sa.Column("interval_seconds", sa.Float),
    sa.Column("failures", sa.Float, nullable=False, server_default="0"),
    sa.Column("entries_seen", sa.Integer, nullable=False, server_default="0"),
    sa.Column("etag", sa.Text, nullable=False, server_default=""),
    sa.Column("last_modified", sa.Text, nullable=False, server_default=""),
    sa.Column("body_hash", sa.Text, nullable=False, server_default=""),
    sa.Column("moved_to", sa.Text, nullable=False, server_default=""),
    sa.Column("moved_times", sa.Integer, nullable=False, server_default="0"),
    sa.Column("moved_since", UtcDateTime),
    sa.Column("url_in_force", sa.Text, nullable=False, server_default=""),
    sa.Column("url", sa.Text, nullable=False, server_default=""),
)

polls = sa.Table(
    "polls",
    metadata,
    _id(),
    sa.Column("source", sa.Text, nullable=False),
    sa.Column("at", UtcDateTime, nullable=False),
    sa.Column("outcome", sa.Text, nullable=False),
    sa.Column("entries", sa.Integer, nullable=False),
    sa.Column("new", sa.Integer, nullable=False),
    sa.Column("seconds", sa.Float, nullable=False),
    sa.Column("detail", sa.Text, nullable=False, server_default=""),
    sa.Index("ix_polls_source_at", "source", "at"),
    sa.Index("ix_polls_at", "at"),
)

# in one expression: as two equalities SQLite would take another index for them, and sort all that waits
_WAITS = sa.text("state || '/' || label_state = 'queued/pending'")
_FOUND = sa.text("state = 'found'")
_GAVE_WAY = sa.text("copy_of IS NOT NULL AND copy_score IS NULL")
_MERGED = sa.text("merged_into IS NOT NULL")

articles = sa.Table(
    "articles",
    metadata,
    _id(),
    sa.Column("url_key", sa.Text, nullable=False, unique=True),
    sa.Column("url", sa.Text, nullable=False),
    sa.Column("host", sa.Text, nullable=False),
    sa.Column("source", sa.Text, nullable=False),
    sa.Column("found_at", UtcDateTime, nullable=False),
    # where it stands
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("state_at", UtcDateTime, nullable=False),
    sa.Column("reason", sa.Text, nullable=False, server_default=""),
    sa.Column("due_at", UtcDateTime, nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
    sa.Column("lease_token", sa.Text, nullable=False, server_default=""),
    sa.Column("leased_until", UtcDateTime),
    # the verdict
    sa.Column("topics", Json),
    sa.Column("relevance", sa.Float),
    sa.Column("screen_reasons", Json),
    sa.Column("copy_of", BigId, sa.ForeignKey("articles.id")),
    sa.Column("copy_score", sa.Float),
    sa.Column("incident_id", BigId, sa.ForeignKey("incidents.id")),
    sa.Column("match", sa.Text),
    sa.Column("match_score", sa.Float),
    sa.Column("match_reasons", Json),
    sa.Column("match_evidence", Json),
    sa.Column("alternative", Json),
    sa.Column("roundup", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("words_only", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("priority", sa.Float, nullable=False, server_default="0"),
    # every verdict has a seq, given inside the decider's lock: its order is the order of decisions and of commits
    sa.Column("seq", BigId, unique=True),
    sa.Column("queued_at", UtcDateTime),
    # the labelling queue, see domain/priority.py: the lowest place is labelled next
    sa.Column("label_state", sa.Text, nullable=False, server_default="pending"),
    sa.Column("place", sa.Float, nullable=False, server_default="0"),
    sa.Column("place_reasons", Json),
    sa.Column("overlap", sa.Integer, nullable=False, server_default="1"),
    sa.Column(
        "entry", Json, nullable=False
    ),  # may be long, so it comes last: SQLite reads a row from its start
    sa.Index("ix_articles_state_due_at", "state", "due_at"),
    sa.Index("ix_articles_host", "host", "due_at", sqlite_where=_FOUND, postgresql_where=_FOUND),
    sa.Index("ix_articles_source_id", "source", "id"),
    sa.Index("ix_articles_incident_id", "incident_id"),
    sa.Index("ix_articles_copy_of", "copy_of"),
    sa.Index("ix_articles_gave_way", "copy_of", sqlite_where=_GAVE_WAY, postgresql_where=_GAVE_WAY),
    sa.Index("ix_articles_state_label_state", "state", "label_state"),
    sa.Index("ix_articles_found_at_state", "found_at", "state"),
    sa.Index(
        "ix_articles_words_only",
        "id",
        sqlite_where=sa.text("words_only = 1"),
        postgresql_where=sa.text("words_only"),
    ),
    sa.Index("ix_articles_queue", "place", "id", sqlite_where=_WAITS, postgresql_where=_WAITS),
    sqlite_autoincrement=True,
)

documents = sa.Table(
    "documents",
    metadata,
    _article(primary_key=True),
    sa.Column("title", sa.Text, nullable=False),
    sa.Column("summary", sa.Text, nullable=False),
    sa.Column("language", sa.Text, nullable=False),
    sa.Column("authors", Json, nullable=False),
    sa.Column("publisher", sa.Text, nullable=False),
    sa.Column("country", sa.Text, nullable=False),
    sa.Column("published_at", UtcDateTime),
    sa.Column("modified_at", UtcDateTime),
    sa.Column("canonical_url", sa.Text, nullable=False),
    sa.Column("image_url", sa.Text, nullable=False),
    sa.Column("source_named", sa.Text, nullable=False),
    sa.Column("links", Json, nullable=False),
    sa.Column("reader", sa.Text, nullable=False),
    sa.Column("content_hash", sa.Text, nullable=False),
    sa.Column("read_at", UtcDateTime, nullable=False),
    sa.Column("text", sa.Text, nullable=False),  # long, so it comes last
    sa.Index("ix_documents_content_hash", "content_hash"),
    sa.Index("ix_documents_facets", "language", "publisher", "country"),
    sa.Index("ix_documents_published_at", "published_at"),
)

sketches = sa.Table(
    "sketches", metadata, _article(primary_key=True), sa.Column("sketch", sa.LargeBinary, nullable=False)
)

vectors = sa.Table(
    "vectors",
    metadata,
    _article(primary_key=True),
    sa.Column("model", sa.Text, nullable=False),
    sa.Column("vector", sa.LargeBinary, nullable=False),
    sa.Index("ix_vectors_model", "model"),
)

# what matching compares of a text, worked out where it was read (adapters/index_features.py)
features = sa.Table(
    "features", metadata, _article(primary_key=True), sa.Column("features", sa.LargeBinary, nullable=False)
)

# what was learned of the pages of a site (domain/templates.py)
templates = sa.Table(
    "templates",
    metadata,
    sa.Column("site", sa.Text, primary_key=True),  # host and path pattern
    sa.Column("host", sa.Text, nullable=False),
    sa.Column("forbidden", sa.Boolean, nullable=False, server_default=sa.false()),  # by an operator
    sa.Column("updated_at", UtcDateTime, nullable=False),
    sa.Column("state", Json, nullable=False),
    sa.Index("ix_templates_host", "host"),
)

versions = sa.Table(
    "versions",
    metadata,
    _article(primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True),
    sa.Column("content_hash", sa.Text, nullable=False),
    sa.Column("reader", sa.Text, nullable=False),
    sa.Column("title", sa.Text, nullable=False),
    sa.Column("seen_at", UtcDateTime, nullable=False),
    sa.Column("text", sa.Text, nullable=False),
)

incidents = sa.Table(
    "incidents",
    metadata,
    sa.Column(
        "id", BigId, primary_key=True, autoincrement=False
    ),  # given by the decider, see domain/decide.py
    sa.Column("title", sa.Text, nullable=False),
    sa.Column("summary", sa.Text, nullable=False, server_default=""),
    sa.Column("topics", Json, nullable=False),
    sa.Column("founded_by", BigId, nullable=False),
    sa.Column("first_report_at", UtcDateTime, nullable=False),
    sa.Column("last_report_at", UtcDateTime, nullable=False),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("updated_at", UtcDateTime, nullable=False),
    sa.Column("merged_into", BigId, sa.ForeignKey("incidents.id")),
    sa.Column("confirmed", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Index("ix_incidents_last_report_at", "last_report_at"),
    sa.Index("ix_incidents_updated_at", "updated_at"),
    sa.Index("ix_incidents_merged_into", "merged_into", sqlite_where=_MERGED, postgresql_where=_MERGED),
)

mentions = sa.Table(
    "mentions",
    metadata,
    _article(primary_key=True),
    sa.Column("incident_id", BigId, sa.ForeignKey("incidents.id"), primary_key=True, autoincrement=False),
    sa.Column("score", sa.Float, nullable=False),
    sa.Column("segment", sa.Text, nullable=False),
    sa.Index("ix_mentions_incident_id", "incident_id"),
)

changes = sa.Table(
    "changes",
    metadata,
    _id(),
    sa.Column("at", UtcDateTime, nullable=False),
    sa.Column("who", sa.Text, nullable=False),
    sa.Column("what", sa.Text, nullable=False),  # merge, split, move, rename, confirm, apart, admit, undo
    sa.Column("incident_id", BigId),
    sa.Column("detail", Json, nullable=False),
    sa.Column("undone_by", BigId),
    sa.Index("ix_changes_incident_id", "incident_id"),
)

claims = sa.Table(
    "claims",
    metadata,
    _article(primary_key=True),
    sa.Column("labeller", sa.Text, primary_key=True),
    sa.Column("token", sa.Text, nullable=False),
    sa.Column("claimed_at", UtcDateTime, nullable=False),
    sa.Column("leased_until", UtcDateTime, nullable=False),
    sa.Index("ix_claims_leased_until", "leased_until"),
)

labels = sa.Table(
    "labels",
    metadata,
    _id(),
    _article(),
    sa.Column("scheme", sa.Text, nullable=False),
    sa.Column("question", sa.Text, nullable=False),
    sa.Column("value", Json, nullable=False),
    sa.Column("labeller", sa.Text, nullable=False),
    sa.Column("at", UtcDateTime, nullable=False),
    sa.Column("rationale", sa.Text, nullable=False, server_default=""),
    sa.Column("quote", sa.Text, nullable=False, server_default=""),
    sa.Column("supersedes", BigId),
    sa.Column("client_id", sa.Text, unique=True),
    sa.Column("withdrawn", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("answer", sa.Text, nullable=False, server_default=""),  # the labels given in one go share it
    sa.Column("origin", sa.Text, nullable=False, server_default=""),  # the tool that it was imported from
    sa.Column("seconds", sa.Float),  # from the claim to the answer
    sa.Index("ix_labels_article_id", "article_id"),
    sa.Index("ix_labels_scheme_question", "scheme", "question"),
    sa.Index("ix_labels_labeller_id", "labeller", "id"),
)

skips = sa.Table(
    "skips",
    metadata,
    _id(),
    _article(),
    sa.Column("labeller", sa.Text, nullable=False),
    sa.Column("at", UtcDateTime, nullable=False),
    sa.Column("reason", sa.Text, nullable=False, server_default=""),
    sa.Column("final", sa.Boolean, nullable=False, server_default=sa.false()),  # rejected, for everyone
    sa.Column("withdrawn", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Index("ix_skips_article_id", "article_id"),
)

# what was said of an incident by hand; everything else about it follows from its articles' labels
incident_labels = sa.Table(
    "incident_labels",
    metadata,
    _id(),
    sa.Column("incident_id", BigId, sa.ForeignKey("incidents.id"), nullable=False),
    sa.Column("scheme", sa.Text, nullable=False),
    sa.Column("question", sa.Text, nullable=False),
    sa.Column("value", Json, nullable=False),
    sa.Column("labeller", sa.Text, nullable=False),
    sa.Column("at", UtcDateTime, nullable=False),
    sa.Column("rationale", sa.Text, nullable=False, server_default=""),
    sa.Column("withdrawn", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Index("ix_incident_labels_incident_id", "incident_id"),
)

suggestions = sa.Table(
    "suggestions",
    metadata,
    _article(primary_key=True),
    sa.Column("scheme", sa.Text, primary_key=True),
    sa.Column("question", sa.Text, primary_key=True),
    sa.Column("suggester", sa.Text, primary_key=True),
    sa.Column("model", sa.Text, nullable=False),
    sa.Column("value", Json, nullable=False),
    sa.Column("score", sa.Float, nullable=False),
    sa.Column("rationale", sa.Text, nullable=False, server_default=""),
    sa.Column("at", UtcDateTime, nullable=False),
)

tokens = sa.Table(
    "tokens",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("digest", sa.Text, nullable=False, unique=True),
    sa.Column("scope", sa.Text, nullable=False),  # read, label, admin
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("used_at", UtcDateTime),
)

webhooks = sa.Table(
    "webhooks",
    metadata,
    _id(),
    sa.Column("url", sa.Text, nullable=False),
    sa.Column("secret", sa.Text, nullable=False),
    sa.Column("kinds", Json, nullable=False),
    sa.Column("disabled", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("created_at", UtcDateTime, nullable=False),
)

deliveries = sa.Table(
    "deliveries",
    metadata,
    _id(),
    sa.Column("webhook_id", BigId, sa.ForeignKey("webhooks.id", ondelete="CASCADE"), nullable=False),
    sa.Column("notice", sa.Text, nullable=False),  # what is told; once per webhook
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("body", Json, nullable=False),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("state", sa.Text, nullable=False),  # waiting, delivered, given-up
    sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
    sa.Column("due_at", UtcDateTime, nullable=False),
    sa.Column("status", sa.Integer),
    sa.Column("reason", sa.Text, nullable=False, server_default=""),
    sa.UniqueConstraint("webhook_id", "notice", name="uq_deliveries_webhook_id_notice"),
    sa.Index("ix_deliveries_state_due_at", "state", "due_at"),
)

# how far a follower of verdicts, labels or changes has come
positions = sa.Table(
    "positions",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("position", BigId, nullable=False),
)

captures = sa.Table(
    "captures",
    metadata,
    _id(),
    _article(),
    sa.Column("url", sa.Text, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("reason", sa.Text, nullable=False, server_default=""),
    sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
    sa.Column("due_at", UtcDateTime),
    sa.Column("priority", sa.Float, nullable=False, server_default="0"),
    sa.Column("lease_token", sa.Text, nullable=False, server_default=""),
    sa.Column("leased_until", UtcDateTime),
    sa.Column("sent_at", UtcDateTime),  # in state wanted: sent, and no certain answer came back
    sa.Column("remote_id", sa.Text, nullable=False, server_default=""),
    sa.Column("archived_at", UtcDateTime),
    sa.Column("archive_url", sa.Text, nullable=False, server_default=""),
    sa.Column("final_url", sa.Text, nullable=False, server_default=""),
    sa.Column("looks", sa.Integer, nullable=False, server_default="0"),
    sa.Column("retakes", sa.Integer, nullable=False, server_default="0"),
    sa.Column("answer", Json),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("updated_at", UtcDateTime, nullable=False),
    sa.UniqueConstraint("article_id", name="uq_captures_article_id"),
    sa.Index("ix_captures_state_due_at", "state", "due_at"),
    sa.Index("ix_captures_state_priority", "state", "priority"),
    sa.Index("ix_captures_state_sent_at", "state", "sent_at"),
    sa.Index("ix_captures_leased_until", "leased_until"),
)

# one row: how fast the archive may be asked, for all processes (domain/pacing.py)
paces = sa.Table(
    "paces",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("state", Json, nullable=False),
)

# sites that the archive is not asked to save for a while
pauses = sa.Table(
    "pauses",
    metadata,
    sa.Column("host", sa.Text, primary_key=True),
    sa.Column("until", UtcDateTime, nullable=False),
    sa.Column("times", sa.Integer, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
)

# the pages that articles were read from, looked at again: do they still say it?
watches = sa.Table(
    "watches",
    metadata,
    _article(primary_key=True),
    sa.Column("seq", BigId, nullable=False),  # the article's, as far as which articles are watched
    sa.Column("state", sa.Text, nullable=False),  # unseen, alive, changed, gone, unsure
    sa.Column("since", UtcDateTime),
    sa.Column("reason", sa.Text, nullable=False, server_default=""),
    sa.Column("final_url", sa.Text, nullable=False, server_default=""),
    sa.Column("looks", sa.Integer, nullable=False, server_default="0"),
    sa.Column("failures", sa.Integer, nullable=False, server_default="0"),
    sa.Column("baseline", sa.Text, nullable=False, server_default=""),  # content hash at the first look
    sa.Column("looked_at", UtcDateTime),
    sa.Column("due_at", UtcDateTime, nullable=False),
    sa.Column("lease_token", sa.Text, nullable=False, server_default=""),
    sa.Column("leased_until", UtcDateTime),
    sa.Column("touched_at", UtcDateTime),  # when a feed last said that the page was edited
    sa.Index("ix_watches_due_at", "due_at"),
    sa.Index("ix_watches_touched_at", "touched_at"),
    sa.Index("ix_watches_seq", "seq"),
    sa.Index("ix_watches_state", "state"),
)

workers = sa.Table(
    "workers",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("roles", sa.Text, nullable=False),
    sa.Column("machine", sa.Text, nullable=False),
    sa.Column("pid", sa.Integer, nullable=False),
    sa.Column("version", sa.Text, nullable=False),
    sa.Column("started_at", UtcDateTime, nullable=False),
    sa.Column("beat_at", UtcDateTime, nullable=False),
)

leases = sa.Table(
    "leases",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("token", sa.Text, nullable=False),
    sa.Column("until", UtcDateTime, nullable=False),
)

# politeness for all processes: when the next fetch of a host may start, and which servers asked for rest
turns = sa.Table(
    "turns",
    metadata,
    sa.Column("host", sa.Text, primary_key=True),
    sa.Column("next_start", UtcDateTime, nullable=False),
)

# which fetch holds which of a host's places, and until when at most: who is killed gives none back
visits = sa.Table(
    "visits",
    metadata,
    sa.Column("host", sa.Text, primary_key=True),
    sa.Column("place", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("token", sa.Text, nullable=False),
    sa.Column("until", UtcDateTime, nullable=False),
)

holds = sa.Table(
    "holds",
    metadata,
    sa.Column("key", sa.Text, primary_key=True),
    sa.Column("until", UtcDateTime, nullable=False),
)

# the revisions whose code may work with this schema, so that older processes know whether they may go on
compatible = sa.Table("compatible", metadata, sa.Column("revision", sa.Text, primary_key=True))
