-- Who asks, who answers, and which of them belong together.
--
-- A lead is what the form sent, kept before anything else happens to it. A broker holds a list of the conversations she is
-- busy with; her workload and whether she has room are computed by the database from that list, so no counter can drift
-- away from it. A conversation has one row for its whole life: the assignment, its state and its counters.

create schema if not exists nextnest;

create table nextnest.leads (
    id uuid primary key default gen_random_uuid(),
    state text not null default 'received' check (state in ('received', 'rejected', 'opened', 'reused')),
    raw jsonb not null,
    problems jsonb,
    lead jsonb,
    contact_key text,
    loan_type text check (loan_type in ('new_purchase', 'refinance', 'commercial')),
    lead_score int check (lead_score between 0 and 100),
    lead_score_points jsonb,
    client_lead_score int,
    session_id text,
    contact_id bigint,
    conversation_id bigint,
    received_at timestamptz not null default now(),
    opened_at timestamptz,
    constraint a_rejected_lead_says_why check (state <> 'rejected' or problems is not null),
    constraint an_accepted_lead_is_normalised check (state = 'rejected' or lead is not null),
    constraint an_opened_lead_has_a_conversation
        check (state not in ('opened', 'reused') or conversation_id is not null)
);
comment on table nextnest.leads is 'Every form as it came (raw) and as it was understood (lead). Personal data lives here.';
comment on column nextnest.leads.client_lead_score is 'What the browser claimed. Stored beside ours, never used.';

create index leads_still_to_open on nextnest.leads (received_at) where state = 'received';
create index leads_by_conversation on nextnest.leads (conversation_id);

-- The right to open a conversation for one contact and loan type, held for some seconds by one lead at a time.
create table nextnest.lead_openings (
    contact_key text not null,
    loan_type text not null,
    lead_id uuid not null references nextnest.leads on delete cascade,
    claimed_until timestamptz not null,
    creating_since timestamptz,
    primary key (contact_key, loan_type)
);

comment on column nextnest.lead_openings.creating_since is
    'Set before Chatwoot is asked to create: if the answer is lost, it is looked for before anything is created again.';

create table nextnest.ai_brokers (
    id uuid primary key default gen_random_uuid(),
    slug text not null unique,
    name text not null unique,
    personality_type text not null check (personality_type in ('aggressive', 'balanced', 'conservative')),
    title text not null,
    persona jsonb not null,
    max_concurrent_chats int not null default 5 check (max_concurrent_chats >= 0),
    is_active bool not null default true,
    active_conversations bigint[] not null default '{}',
    current_workload int not null generated always as (cardinality(active_conversations)) stored,
    is_available bool not null
        generated always as (is_active and cardinality(active_conversations) < max_concurrent_chats) stored,
    last_active_at timestamptz,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now()
);
comment on column nextnest.ai_brokers.active_conversations is
    'The conversations this broker holds a place for. The only truth about capacity.';

create table nextnest.broker_conversations (
    conversation_id bigint primary key,
    lead_id uuid references nextnest.leads on delete set null,
    contact_id bigint,
    broker_id uuid references nextnest.ai_brokers,
    status text not null default 'new' check (status in ('new', 'waiting', 'active', 'handed_off', 'resolved')),
    held_by text not null default 'ai' check (held_by in ('ai', 'person')),
    chatwoot_status text check (chatwoot_status in ('open', 'pending', 'resolved', 'snoozed')),
    uses_queue bool not null default true,
    lead_score int check (lead_score between 0 and 100),
    loan_type text,
    property_type text,
    monthly_income numeric,
    timeline text,
    assignment_method text,
    assignment_reason text,
    created_at timestamptz not null default now(),
    waiting_since timestamptz,
    assigned_at timestamptz,
    first_response_at timestamptz,
    handoff_at timestamptz,
    handoff_reason text,
    resolved_at timestamptz,
    messages_exchanged int not null default 0,
    broker_messages int not null default 0,
    customer_messages int not null default 0,
    last_message_at timestamptz,
    constraint an_active_conversation_has_a_broker check (status <> 'active' or broker_id is not null),
    constraint a_waiting_conversation_has_a_place check (status <> 'waiting' or waiting_since is not null),
    constraint a_handoff_has_a_time_and_a_reason
        check (status <> 'handed_off' or (handoff_at is not null and handoff_reason is not null)),
    constraint the_counters_add_up check (messages_exchanged = broker_messages + customer_messages)
);
comment on column nextnest.broker_conversations.status is
    'new: not assigned yet. waiting: nobody was free. active: a broker holds a place. handed_off: a person has it. resolved: closed.';
comment on column nextnest.broker_conversations.held_by is 'person: the AI stays silent until it is explicitly given back.';

create index broker_conversations_waiting on nextnest.broker_conversations (waiting_since, conversation_id)
    where status = 'waiting';
create index broker_conversations_by_broker on nextnest.broker_conversations (broker_id, status);
