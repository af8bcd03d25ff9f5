-- Every calculation behind an answer, so that it can be shown and run again.
--
-- The record holds inputs, results, the rules with their dates, and the version of the formula; the same name, arguments and day
-- give the same bytes as long as the version is the same. Arguments are numbers, days and choices, never words of the customer.

create table nextnest.tool_runs (
    id bigint primary key generated always as identity,
    conversation_id bigint not null references nextnest.broker_conversations on delete cascade,
    turn bigint not null,
    job_id bigint not null,
    name text not null,
    arguments jsonb not null,
    day date not null,
    version text not null,
    result text not null,
    created_at timestamptz not null default now()
);
comment on table nextnest.tool_runs is 'Calculations behind answers: what went in, what came out, by which rules and which version.';
create index tool_runs_by_conversation on nextnest.tool_runs (conversation_id, turn);

alter table nextnest.tool_runs enable row level security;

do $$
declare
    one text;
begin
    for one in select 'public' union all select quote_ident(rolname) from pg_roles where rolname in ('anon', 'authenticated') loop
        execute 'revoke all on nextnest.tool_runs from ' || one;
    end loop;
end
$$;
