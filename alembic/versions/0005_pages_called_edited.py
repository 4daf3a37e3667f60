"""When a feed last said that a page was edited."""

import sqlalchemy as sa
from alembic import op

from monitor.adapters.tables import UtcDateTime

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.add_column("watches", sa.Column("touched_at", UtcDateTime(), nullable=True))
    op.create_index("ix_watches_touched_at", "watches", ["touched_at"])


def downgrade() -> None:
    op.drop_index("ix_watches_touched_at", "watches")
    op.drop_column("watches", "touched_at")
