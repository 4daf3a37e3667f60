"""A way to the vectors of other encoders than the one of now."""

from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.create_index("ix_vectors_model", "vectors", ["model"])


def downgrade() -> None:
    op.drop_index("ix_vectors_model", table_name="vectors")
