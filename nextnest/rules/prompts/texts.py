"""The texts of one version of the prompt, and how a version is named: by its name and a hash of every text."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass

# Enough of the hash that two texts of one name are told apart, and short enough to read in a table.
_HASH_LENGTH = 8


@dataclass(frozen=True)
class PromptTexts:
    """What the model is told, in parts.

    `rules` is the same for every conversation. `broker` takes name, title, tone, pacing and focus; `facts` takes facts;
    `earlier` takes summary; `repair` takes reasons.
    """

    name: str
    rules: str
    broker: str
    facts: str
    no_facts: str
    earlier: str
    repair: str

    @property
    def version(self) -> str:
        """Such as `calculators-1f0c9a2b`. No text can change and keep its version."""
        texts = json.dumps(asdict(self), sort_keys=True, ensure_ascii=False)
        return f"{self.name}-{hashlib.sha256(texts.encode()).hexdigest()[:_HASH_LENGTH]}"
