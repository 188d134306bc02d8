"""The revisions of the tables, a branch of its own labelled `klimaflow`, for hosts with Alembic."""
