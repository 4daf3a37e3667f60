"""A way to the articles that were decided by words alone."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.create_index(
        "ix_articles_words_only",
        "articles",
        ["id"],
        sqlite_where=sa.text("words_only = 1"),
        postgresql_where=sa.text("words_only"),
    )


def downgrade() -> None:
    op.drop_index("ix_articles_words_only", table_name="articles")
