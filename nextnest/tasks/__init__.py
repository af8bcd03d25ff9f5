"""The jobs. `app` is what `procrastinate --app=nextnest.tasks.app` runs."""

from nextnest.tasks.application import app

# Importing a module registers its task.
from nextnest.tasks import (  # isort: skip
    deliver_effects,
    forward_message,
    incoming_message,
    models_check,
    new_conversation,
    open_conversation,
    retention,
    roll_up,
    settle_conversation,
    sweep,
    upkeep,
)

__all__ = [
    "app",
    "deliver_effects",
    "forward_message",
    "incoming_message",
    "models_check",
    "new_conversation",
    "open_conversation",
    "retention",
    "roll_up",
    "settle_conversation",
    "sweep",
    "upkeep",
]
