-- The legacy path: conversations that web engages by itself, without a job.
--
-- A row says that such a conversation is not engaged and greeted yet, and until when its process has the right to do it. It is
-- written in the commit that ties the lead to its conversation and deleted in the commit that counts the greeting. A row whose
-- time is over was left behind: the worker defers an ordinary job for it.

create table nextnest.legacy_engagements (
    conversation_id bigint primary key references nextnest.broker_conversations on delete cascade,
    held_until timestamptz not null
);
comment on table nextnest.legacy_engagements is
    'Conversations outside the rollout whose arrival is not finished, and until when one process works on it.';

alter table nextnest.legacy_engagements enable row level security;
revoke all on nextnest.legacy_engagements from public;
