"""Kills real workers at any step of theirs: proxies between a worker and the world outside, and a gate in them."""
