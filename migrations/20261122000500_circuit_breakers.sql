-- Shared memory of what is away.
--
-- A circuit breaker per outside thing, in one row each, so that every process knows at once: while it is open, jobs that need
-- the thing stay in the queue and cost no attempt. It opens only after a look of our own has confirmed what the failures said,
-- and closes when a later look succeeds. Setbacks remember jobs that upkeep defers again and again, so that it does so ever more
-- slowly when they keep failing.

create table nextnest.circuit_breakers (
    name text primary key check (name in ('chatwoot', 'model')),
    state text not null default 'closed' check (state in ('closed', 'open')),
    reason text check (reason in ('unavailable', 'refused')),
    failures int not null default 0,
    last_failure_at timestamptz,
    last_error text,
    opened_at timestamptz,
    closed_at timestamptz,
    looks int not null default 0,
    retry_at timestamptz,
    backlog_until bigint not null default 0,
    constraint an_open_breaker_says_why check (state = 'closed' or (reason is not null and retry_at is not null))
);
comment on table nextnest.circuit_breakers is 'Whether Chatwoot and the model answer. open: nobody asks them but a look now and then.';
comment on column nextnest.circuit_breakers.failures is 'Failures in a row, forgotten after half a minute without one.';
comment on column nextnest.circuit_breakers.reason is 'unavailable: no answer. refused: our token, key or quota is at fault, somebody must act.';
comment on column nextnest.circuit_breakers.backlog_until is 'Jobs up to this id gathered while it was open; they are drained at a bounded rate.';

insert into nextnest.circuit_breakers (name) values ('chatwoot'), ('model');

create table nextnest.setbacks (
    key text primary key,
    failures int not null default 1,
    not_before timestamptz not null
);
comment on table nextnest.setbacks is 'Jobs (by queueing lock) that failed for good although upkeep must go on trying them, and when it does so next.';

alter table nextnest.circuit_breakers enable row level security;
alter table nextnest.setbacks enable row level security;

do $$
declare
    one text;
begin
    for one in select 'public' union all select quote_ident(rolname) from pg_roles where rolname in ('anon', 'authenticated') loop
        execute 'revoke all on nextnest.circuit_breakers, nextnest.setbacks from ' || one;
    end loop;
end
$$;
