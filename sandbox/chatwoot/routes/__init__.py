"""Chatwoot's endpoints, one module per resource."""
