-- The two tables of the first design that its worker touches for a message, with the conversations that are there.
create schema peer;

create table peer.ai_brokers (
    id uuid primary key,
    name text not null,
    personality_type text not null,
    is_available bool not null default true,
    current_workload int not null default 0,
    max_concurrent_chats int not null default 3,
    active_conversations jsonb not null default '[]'
);

create table peer.broker_conversations (
    id uuid primary key default gen_random_uuid(),
    broker_id uuid references peer.ai_brokers,
    chatwoot_conversation_id int unique not null,
    lead_score numeric(5, 2),
    loan_type text,
    property_type text,
    status text not null default 'active',
    assigned_at timestamptz not null default now(),
    completed_at timestamptz,
    handoff_triggered bool not null default false,
    handoff_reason text,
    message_count int not null default 0,
    updated_at timestamptz not null default now()
);
create index on peer.broker_conversations (broker_id);
create index on peer.broker_conversations (status);

insert into peer.ai_brokers (id, name, personality_type) select id, name, personality_type from nextnest.ai_brokers;
insert into peer.broker_conversations (broker_id, chatwoot_conversation_id)
select broker_id, conversation_id from nextnest.broker_conversations;
analyze peer.ai_brokers, peer.broker_conversations;
