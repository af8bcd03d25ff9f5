"""SQL and its typed face, side by side: `brokers.sql` holds the statements, `brokers.py` the functions that run them.

Every function takes a connection and never commits; who calls decides what belongs to one transaction.
"""
