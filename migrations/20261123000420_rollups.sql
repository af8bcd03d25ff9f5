-- Figures per hour, so that no chart ever reads history.
--
-- A table per subject holds one row per hour (a UTC hour; Singapore's hours and days begin with one) and, where there is one,
-- per label: reason, task, model, rule or broker. `roll-up-hours` writes them by the functions `*_per`. A day of rows is some
-- 30 kB; they are kept for ever. Nothing in them belongs to a person. What waits is not a fact that could be read later, so it
-- is sampled each minute.

create table nextnest.rollup_traffic (
    hour timestamptz primary key check (hour = date_bin('1 hour', hour, 'epoch')),
    leads bigint not null,
    refused_leads bigint not null,
    customer_messages bigint not null,
    replies bigint not null,
    answered bigint not null,
    response int[] not null,
    deliberate int[] not null,
    processing int[] not null,
    rolled_at timestamptz not null default now()
);
comment on table nextnest.rollup_traffic is
    'One row for every hour that was added up, also when nothing happened in it: this table says which hours those are.';
comment on column nextnest.rollup_traffic.rolled_at is
    'When it was last added up. That happens again each time its age has doubled, for three days: facts come late.';

create table nextnest.rollup_brokers (
    hour timestamptz not null references nextnest.rollup_traffic on delete cascade,
    broker_id uuid not null references nextnest.ai_brokers on delete cascade,
    conversations bigint not null,
    first_responses bigint not null,
    first_response int[] not null,
    replies bigint not null,
    handoffs bigint not null,
    cost numeric(14, 6) not null,
    primary key (hour, broker_id)
);
comment on table nextnest.rollup_brokers is 'What each broker did in an hour; a conversation counts for the broker it has now.';

create table nextnest.rollup_handovers (
    hour timestamptz not null references nextnest.rollup_traffic on delete cascade,
    reason text not null,
    handovers bigint not null,
    primary key (hour, reason)
);
comment on table nextnest.rollup_handovers is 'Conversations that went to a person for the first time in an hour, by reason.';

create table nextnest.rollup_jobs (
    hour timestamptz not null references nextnest.rollup_traffic on delete cascade,
    task_name text not null,
    ended bigint not null,
    failed bigint not null,
    put_back bigint not null,
    run int[] not null,
    primary key (hour, task_name)
);
comment on table nextnest.rollup_jobs is 'Jobs of an hour by task.';

create table nextnest.rollup_models (
    hour timestamptz not null references nextnest.rollup_traffic on delete cascade,
    model text not null,
    calls bigint not null,
    failed bigint not null,
    input_tokens bigint not null,
    cached_tokens bigint not null,
    output_tokens bigint not null,
    cost numeric(14, 6) not null,
    latency int[] not null,
    primary key (hour, model)
);
comment on table nextnest.rollup_models is 'Calls of each model in an hour.';

create table nextnest.rollup_guard (
    hour timestamptz not null references nextnest.rollup_traffic on delete cascade,
    rule text not null,
    drafts bigint not null,
    primary key (hour, rule)
);
comment on table nextnest.rollup_guard is 'Drafts of an hour by what the guard said.';

create table nextnest.queue_samples (
    at timestamptz primary key check (at = date_bin('1 minute', at, 'epoch')),
    waiting int not null,
    running int not null,
    oldest_waiting_s double precision,
    unanswered int not null,
    oldest_unanswered_s double precision,
    waiting_leads int not null
);
comment on table nextnest.queue_samples is 'What waited at the beginning of each minute in which a worker lived; the last 40 days.';

alter table nextnest.rollup_traffic enable row level security;
alter table nextnest.rollup_brokers enable row level security;
alter table nextnest.rollup_handovers enable row level security;
alter table nextnest.rollup_jobs enable row level security;
alter table nextnest.rollup_models enable row level security;
alter table nextnest.rollup_guard enable row level security;
alter table nextnest.queue_samples enable row level security;

do $$
declare
    one text;
begin
    for one in select 'public' union all select quote_ident(rolname) from pg_roles where rolname in ('anon', 'authenticated') loop
        execute 'revoke all on nextnest.rollup_traffic, nextnest.rollup_brokers, nextnest.rollup_handovers, '
                'nextnest.rollup_jobs, nextnest.rollup_models, nextnest.rollup_guard, nextnest.queue_samples from ' || one;
    end loop;
end
$$;
