"""NextNest's worker: from a mortgage lead to a greeted and answered Chatwoot conversation."""
