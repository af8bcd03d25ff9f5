-- What the sweep has seen.
--
-- Chatwoot calls an account webhook once and never again. Every twenty seconds the conversations that moved since the last
-- complete sweep are compared with what we know, and what no webhook brought is taken in. How far that has come stands here:
-- one row for the whole inbox, and for each conversation the newest message up to which nothing can be missing. The latter
-- has no foreign key: Chatwoot's conversations are compared before we know them.

create table nextnest.sweep_progress (
    only_row bool primary key default true check (only_row),
    complete_to timestamptz,
    began_at timestamptz,
    next_page int not null default 1 check (next_page >= 1)
);
comment on column nextnest.sweep_progress.complete_to is
    'What was active before this moment has been compared; empty until the first sweep.';
comment on column nextnest.sweep_progress.began_at is
    'When the pass through the inbox began that is under way; a long one takes several sweeps.';
comment on column nextnest.sweep_progress.next_page is 'The page of Chatwoot''s list at which the pass goes on.';

insert into nextnest.sweep_progress default values;

create table nextnest.swept_conversations (
    conversation_id bigint primary key,
    message_id bigint not null,
    swept_at timestamptz not null default now()
);
comment on column nextnest.swept_conversations.message_id is
    'Every message up to this one has been taken in, or is nothing to take in.';

alter table nextnest.sweep_progress enable row level security;
alter table nextnest.swept_conversations enable row level security;

do $$
declare
    one text;
begin
    for one in select 'public' union all select quote_ident(rolname) from pg_roles where rolname in ('anon', 'authenticated') loop
        execute 'revoke all on nextnest.sweep_progress, nextnest.swept_conversations from ' || one;
    end loop;
end
$$;
