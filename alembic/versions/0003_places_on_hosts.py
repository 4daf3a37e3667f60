"""The places on hosts that fetches hold, over all processes."""

import sqlalchemy as sa
from alembic import op

from monitor.adapters.tables import UtcDateTime

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.create_table(
        "visits",
        sa.Column("host", sa.Text(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("token", sa.Text(), nullable=False),
        sa.Column("until", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("host", "place", name=op.f("pk_visits")),
    )


def downgrade() -> None:
    op.drop_table("visits")
