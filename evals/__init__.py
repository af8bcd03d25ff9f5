"""Simulated customers against the whole product, scored on what happened: `make evals`, docs/evals.md."""
