"""Alembic's way into the books: on the connection and in the transaction that pos_app.store.upgrade holds."""

from alembic import context

from pos_app.store.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
