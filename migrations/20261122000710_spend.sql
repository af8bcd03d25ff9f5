-- What the model costs, and what it may.
--
-- Every call of the model is a row, whatever came of it; ai_usage adds them up. A turn reserves before it asks and settles
-- afterwards, so that turns at the same time cannot spend the same dollar. What a day has cost stands in sixteen rows and what
-- a conversation has in one: the caps are checked without reading history, and turns that settle at the same time rarely wait
-- for each other. A call belongs to the Singapore day on which its turn reserved, also in ai_usage: totals and rows agree.
-- model_checks holds what the provider last said about the configured models.

create table nextnest.ai_calls (
    id uuid primary key,
    conversation_id bigint not null references nextnest.broker_conversations on delete cascade,
    job_id bigint not null,
    turn bigint not null,
    model text not null,
    input_tokens int not null check (input_tokens >= 0),
    cached_tokens int not null check (cached_tokens >= 0),
    output_tokens int not null check (output_tokens >= 0),
    cost numeric(12, 6) not null check (cost >= 0),
    outcome text not null check (outcome in ('answered', 'failed', 'cut short')),
    latency_s double precision,
    day date not null,
    at timestamptz not null default now()
);
comment on table nextnest.ai_calls is 'Calls of the model: tokens as the provider counted them, dollars, and what came of it. No text.';
comment on column nextnest.ai_calls.cost is
    'US dollars. Where the provider named no tokens, as when a call was cut short, the most it can have cost.';
comment on column nextnest.ai_calls.day is 'The Singapore day whose cap it counts towards.';
create index ai_calls_by_conversation on nextnest.ai_calls (conversation_id, at);

create table nextnest.spend_days (
    day date not null,
    shard smallint not null check (shard between 0 and 15),
    spent numeric(14, 6) not null,
    primary key (day, shard)
);
comment on table nextnest.spend_days is 'US dollars spent per Singapore day, in sixteen rows by job: always the sum of ai_calls.';

create table nextnest.conversation_spend (
    conversation_id bigint primary key references nextnest.broker_conversations on delete cascade,
    spent numeric(14, 6) not null
);
comment on table nextnest.conversation_spend is 'US dollars a conversation has cost so far: always the sum of its ai_calls.';

-- No foreign key: checking it would wait for whoever works on the conversation's row.
create table nextnest.spend_reservations (
    conversation_id bigint primary key,
    job_id bigint not null,
    day date not null,
    amount numeric(14, 6) not null check (amount >= 0),
    reserved_at timestamptz not null default now()
);
comment on table nextnest.spend_reservations is 'What turns under way may still spend: one row for a conversation, gone when its turn is settled.';

create table nextnest.model_checks (
    model text primary key,
    checked_at timestamptz not null default now(),
    listed bool not null,
    shutdown_date date
);
comment on table nextnest.model_checks is 'Whether the provider still lists the configured models, and when it ends them.';

-- What was recorded so far.
insert into nextnest.ai_calls (id, conversation_id, job_id, turn, model, input_tokens, cached_tokens, output_tokens, cost, outcome,
                               latency_s, day, at)
select gen_random_uuid(), conversation_id, job_id, turn, model, input_tokens, cached_tokens, output_tokens, cost, 'answered',
       latency_s, (created_at at time zone 'Asia/Singapore')::date, created_at
from nextnest.ai_replies;
insert into nextnest.spend_days (day, shard, spent) select day, 0, sum(cost) from nextnest.ai_calls group by day;
insert into nextnest.conversation_spend (conversation_id, spent)
select conversation_id, sum(cost) from nextnest.ai_calls group by conversation_id;

drop view nextnest.ai_usage;
create view nextnest.ai_usage with (security_invoker = true) as
select day, model, count(*) as calls,
       sum(input_tokens)::bigint as input_tokens, sum(output_tokens)::bigint as output_tokens,
       sum(input_tokens::bigint + output_tokens)::bigint as total_tokens, sum(cost) as cost
from nextnest.ai_calls group by day, model;
comment on view nextnest.ai_usage is 'Model calls, tokens and cost in US dollars per Singapore day and model.';

do $$
declare
    one text;
begin
    for one in select unnest(array['ai_calls', 'spend_days', 'conversation_spend', 'spend_reservations', 'model_checks']) loop
        execute format('alter table nextnest.%I enable row level security', one);
    end loop;
    for one in select 'public' union all select quote_ident(rolname) from pg_roles where rolname in ('anon', 'authenticated') loop
        execute 'revoke all on nextnest.ai_calls, nextnest.spend_days, nextnest.conversation_spend,'
                ' nextnest.spend_reservations, nextnest.model_checks, nextnest.ai_usage from ' || one;
    end loop;
end
$$;
