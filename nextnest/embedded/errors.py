"""What can go wrong with the embedded Postgres."""

from nextnest.errors import ConfigurationError


class EmbeddedPostgresError(ConfigurationError):
    """The embedded Postgres cannot be used; set DATABASE_URL to use another."""
