"""PostgreSQL looks words up in their index: while 4 MB of new ones waited beside it, it read every text instead."""

from alembic import op

revision = "0009"
down_revision = "0008"

INDEX = "ix_search_texts_words"
WAITING = 256  # kB; what the planner adds to the price of the index grows with it


def upgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute(f"ALTER INDEX {INDEX} SET (gin_pending_list_limit = {WAITING})")
        op.execute(f"SELECT gin_clean_pending_list('{INDEX}')")


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute(f"ALTER INDEX {INDEX} RESET (gin_pending_list_limit)")
