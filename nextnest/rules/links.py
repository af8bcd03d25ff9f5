"""What in a draft leads elsewhere: links and addresses the customer has not given."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

FOREIGN_LINK = "foreign_link"

# Addresses of the web and of mail. Without "https://" only endings that are no words and no abbreviations.
_LINK = re.compile(
    r"\bhttps?://[^\s)\]>\"]+|\bwww\.[^\s)\]>\"]+"
    r"|[\w.+-]+@[\w-]+(?:\.[\w-]+)+"
    r"|\b(?:[a-z0-9-]+\.)+(?:com|sg|net|org|io|gov|edu|info|biz|co|app|xyz|top|ly|me|link|site|online|my|cn|gl|gg|to|asia)"
    r"(?:/[^\s)\]>\"]*)?(?![\w-])",
    re.IGNORECASE,
)
_MARKDOWN = re.compile(r"\]\s*\(\s*([^)\s]*)")
_END = ".,;:!?。，"


def foreign_links(draft: str, customer_texts: Sequence[str]) -> Iterator[tuple[str, str]]:
    """The rules a draft breaks, each with a reason. A link the customer has written may be repeated as it is."""
    said = " ".join(customer_texts).casefold()
    for link in (*_LINK.findall(draft), *_MARKDOWN.findall(draft)):
        if link.rstrip(_END).casefold() not in said:
            yield FOREIGN_LINK, "Give no links and no addresses of web or mail."
