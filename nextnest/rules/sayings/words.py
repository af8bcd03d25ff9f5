"""Pieces that patterns of several languages share."""

from __future__ import annotations

# Banks that lend for homes in Singapore, as customers and brokers call them.
BANKS = (
    r"(?:dbs|posb|ocbc|uob|maybank|hsbc|cimb|rhb|icbc|citi(?:bank)?|stanchart|standard chartered|hong leong|hlf"
    r"|bank of china|sing investments|state bank)"
)
