"""A made-up past: leads, conversations, jobs and spending of some days, as if a brokerage had been at work.

`fill` writes it into a migrated database, for the demo, for pictures and for benches; `python -m sandbox.traffic` is the
same as a command. Everybody in it is invented: e-mail addresses end in example.com, phone numbers begin with +65 800,
which nobody in Singapore can have. The same seed and the same `now` tell the same story.

    hours.py    when leads come, when something outside was away
    people.py   who they are and what they want
    sayings.py  what is said
    life.py     one conversation from its lead to its end
    rows.py     what each event leaves behind, by table
    samples.py  what waited at each full minute
    filling.py  the writing: batches, capacity, spending
    inbox.py    the same conversations for the stand-in Chatwoot
"""

from sandbox.traffic.filling import CONVERSATIONS_FROM, Filled, NotAllowed, fill

__all__ = ["CONVERSATIONS_FROM", "Filled", "NotAllowed", "fill"]
