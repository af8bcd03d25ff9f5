-- What was said, by whom, and what became of it.
--
-- A customer's message is remembered in the transaction that defers its job, so it is processed once however often its
-- webhook comes. Everything we do in Chatwoot is a row of the outbox before it is tried; its id travels with the message,
-- so after a crash we look for that id instead of guessing. A job writes its outcome in the transaction that completes it.

create table nextnest.incoming_messages (
    conversation_id bigint not null references nextnest.broker_conversations on delete cascade,
    message_id bigint not null,
    content text not null,
    source text not null check (source in ('webhook', 'chat', 'sweep')),
    sent_at timestamptz,
    received_at timestamptz not null default now(),
    state text not null default 'unanswered'
        check (state in ('unanswered', 'answered', 'handed_over', 'left_to_person', 'forwarded')),
    started_at timestamptz,
    replied_at timestamptz,
    deliberate_wait_s double precision not null default 0,
    answered_by uuid,
    settled_by_job bigint,
    primary key (conversation_id, message_id)
);
create index incoming_messages_unanswered on nextnest.incoming_messages (received_at) where state = 'unanswered';

create table nextnest.outgoing_messages (
    id uuid primary key default gen_random_uuid(),
    conversation_id bigint not null references nextnest.broker_conversations on delete cascade,
    kind text not null check (kind in ('attributes', 'activity', 'greeting', 'waiting_notice', 'reply', 'status',
                                       'private_note', 'handoff_notice', 'failure_notice')),
    turn bigint not null default 0,
    position smallint not null default 0,
    payload jsonb not null,
    delay_s double precision not null default 0 check (delay_s >= 0),
    state text not null default 'planned' check (state in ('planned', 'sending', 'sent', 'unknown', 'withheld')),
    attempts int not null default 0,
    chatwoot_message_id bigint,
    last_error text,
    counted bool not null default false,
    planned_at timestamptz not null default now(),
    sending_at timestamptz,
    sent_at timestamptz,
    constraint one_effect_of_a_kind_per_turn unique (conversation_id, kind, turn),
    constraint what_is_sent_has_a_time check (state <> 'sent' or sent_at is not null)
);
comment on table nextnest.outgoing_messages is
    'The outbox: every effect in Chatwoot, planned here before it is tried. Its id travels in content_attributes.';
comment on column nextnest.outgoing_messages.counted is 'Whether the conversation''s counters already include it.';
comment on column nextnest.outgoing_messages.turn is 'The newest customer message it answers; 0 for what happens once.';
create unique index outgoing_messages_by_chatwoot_id on nextnest.outgoing_messages (conversation_id, chatwoot_message_id)
    where chatwoot_message_id is not null;
create index outgoing_messages_unfinished on nextnest.outgoing_messages (conversation_id, position)
    where state in ('planned', 'sending', 'unknown');

alter table nextnest.incoming_messages
    add constraint answered_by_a_message_of_ours foreign key (answered_by) references nextnest.outgoing_messages (id);

-- Messages of human colleagues, seen in webhooks: they silence the AI and belong to the transcript.
create table nextnest.person_messages (
    conversation_id bigint not null references nextnest.broker_conversations on delete cascade,
    message_id bigint not null,
    content text not null,
    sent_at timestamptz not null,
    primary key (conversation_id, message_id)
);

create table nextnest.ai_replies (
    id bigint primary key generated always as identity,
    conversation_id bigint not null references nextnest.broker_conversations on delete cascade,
    outgoing_id uuid references nextnest.outgoing_messages on delete set null,
    job_id bigint not null,
    turn bigint not null,
    model text not null,
    prompt_version text not null,
    input_tokens int not null default 0,
    output_tokens int not null default 0,
    total_tokens int not null default 0,
    cached_tokens int not null default 0,
    cost numeric(12, 6) not null default 0,
    latency_s double precision not null,
    outcome text not null check (outcome in ('used', 'superseded', 'rejected')),
    verdict jsonb,
    tool_calls jsonb not null default '[]',
    created_at timestamptz not null default now()
);
create index ai_replies_by_conversation on nextnest.ai_replies (conversation_id, created_at);

create table nextnest.job_outcomes (
    job_id bigint not null,
    attempt int not null,
    task_name text not null,
    conversation_id bigint,
    outcome text not null,
    detail text,
    started_at timestamptz not null,
    finished_at timestamptz not null default clock_timestamp(),
    deliberate_wait_s double precision not null default 0,
    primary key (job_id, attempt)
);
comment on table nextnest.job_outcomes is 'What each finished job did, written in the transaction that finished it.';
create index job_outcomes_recent on nextnest.job_outcomes (task_name, finished_at);

-- Webhooks that defer nothing, by name: enough to see that Chatwoot still calls. No content.
create table nextnest.webhook_events (
    id bigint primary key generated always as identity,
    event text not null,
    conversation_id bigint,
    delivery_id text,
    status text not null,
    received_at timestamptz not null default now()
);
create index webhook_events_recent on nextnest.webhook_events (received_at);

-- Requests per client and minute. Unlogged: losing it in a crash costs a minute's count.
create unlogged table nextnest.rate_limits (
    client text not null,
    window_start timestamptz not null,
    requests int not null default 1,
    primary key (client, window_start)
);
