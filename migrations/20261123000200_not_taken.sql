-- Hand-overs that nobody has taken yet, found without reading history.
--
-- The console's first page lists them every few seconds. They are few, however many conversations were ever handed over, so
-- they have an index of their own: a person's act fills `taken_at`, and the row leaves it.

create index broker_conversations_not_taken on nextnest.broker_conversations (handoff_at)
    where status = 'handed_off' and held_by = 'person' and taken_at is null;
