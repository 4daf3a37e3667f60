"""A way to the originals that gave way to articles published earlier: copies without a likeness of their own."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    op.create_index(
        "ix_articles_gave_way",
        "articles",
        ["copy_of"],
        sqlite_where=sa.text("copy_of IS NOT NULL AND copy_score IS NULL"),
        postgresql_where=sa.text("copy_of IS NOT NULL AND copy_score IS NULL"),
    )


def downgrade() -> None:
    op.drop_index("ix_articles_gave_way", table_name="articles")
