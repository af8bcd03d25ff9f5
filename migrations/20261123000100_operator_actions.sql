-- What people did through the operator's console.
--
-- An action and its line here are one commit: nothing is done that is not written down, nothing is written down that was not
-- done. `operator` is the name given at sign-in; the password is shared, so the name is a statement, not a proof.

create table nextnest.operator_actions (
    id bigint primary key generated always as identity,
    at timestamptz not null default now(),
    operator text not null,
    role text not null check (role in ('operator', 'viewer')),
    action text not null,
    target text not null,
    conversation_id bigint,
    detail jsonb not null default '{}'
);
comment on table nextnest.operator_actions is
    'Who did what in the console, when and to what. No message texts and no personal data: ids, names of settings, values.';
comment on column nextnest.operator_actions.operator is 'The name given at sign-in.';
comment on column nextnest.operator_actions.action is 'What was done, such as retry-job or pause-broker.';
comment on column nextnest.operator_actions.target is 'What it was done to, such as "job 17" or "broker sarah-wong".';
create index operator_actions_by_conversation on nextnest.operator_actions (conversation_id, at) where conversation_id is not null;
create index operator_actions_recent on nextnest.operator_actions (at);

alter table nextnest.operator_actions enable row level security;
