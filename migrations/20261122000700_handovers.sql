-- Who is in charge, exactly; and what a person is given when a conversation becomes hers.
--
-- A person takes a conversation by writing in it, by being assigned, by opening it, by a label or by a private "/take". What
-- stands in Chatwoot (assignee, label, status) is kept here, so that an event is recognised as news, as a repetition or as
-- older than what we know. A change of our own is remembered on its effect until its echo came: the same change made by a
-- person afterwards is hers. When a conversation is closed, its context ends: what was said until then is only summed up.
-- Each hand-over keeps its brief for the console, and when somebody must be reminded of it.

alter table nextnest.broker_conversations
    add column taken_at timestamptz,
    add column assigned_to bigint,
    add column person_label bool not null default false,
    add column pictures jsonb not null default '{}',
    add column closed_after bigint;
comment on column nextnest.broker_conversations.taken_at is
    'When a person last took it by an act of her own; empty since it was given back.';
comment on column nextnest.broker_conversations.assigned_to is 'Chatwoot''s id of the person assigned to it; bots do not count.';
comment on column nextnest.broker_conversations.person_label is 'Whether it carries the label that says a person has it.';
comment on column nextnest.broker_conversations.pictures is
    'For status, assignee and label each, Chatwoot''s updated_at of the newest picture it was read from; an older one says nothing new.';
comment on column nextnest.broker_conversations.closed_after is
    'The newest message when it was last closed: the context of an answer begins behind it.';

alter table nextnest.outgoing_messages
    add column echoed_at timestamptz,
    drop constraint outgoing_messages_kind_check,
    add constraint outgoing_messages_kind_check
        check (kind in ('attributes', 'activity', 'greeting', 'waiting_notice', 'reply', 'status', 'private_note',
                        'handoff_notice', 'failure_notice', 'assignment', 'reminder', 'return', 'confirmation_note'));
comment on column nextnest.outgoing_messages.echoed_at is
    'When Chatwoot told us of this change of status or assignee: from then on the same change is somebody else''s.';

-- Private notes that are commands, by the id of the note: the newest one holds, in whichever order they come.
create table nextnest.person_commands (
    conversation_id bigint not null references nextnest.broker_conversations on delete cascade,
    message_id bigint not null,
    command text not null check (command in ('take', 'give')),
    noted_at timestamptz not null default now(),
    primary key (conversation_id, message_id)
);

create table nextnest.handover_briefs (
    conversation_id bigint not null references nextnest.broker_conversations on delete cascade,
    turn bigint not null,
    reason text not null,
    brief jsonb not null,
    created_at timestamptz not null default now(),
    remind_at timestamptz not null,
    reminded_at timestamptz,
    primary key (conversation_id, turn)
);
comment on table nextnest.handover_briefs is 'What the colleague was told at each hand-over, as data. Masked; no name, e-mail or phone.';
comment on column nextnest.handover_briefs.remind_at is 'When somebody is reminded, if nobody has taken it: in office hours.';
create index handover_briefs_to_remind on nextnest.handover_briefs (remind_at) where reminded_at is null;

alter table nextnest.person_commands enable row level security;
alter table nextnest.handover_briefs enable row level security;

do $$
declare
    one text;
begin
    for one in select 'public' union all select quote_ident(rolname) from pg_roles where rolname in ('anon', 'authenticated') loop
        execute 'revoke all on nextnest.person_commands, nextnest.handover_briefs from ' || one;
    end loop;
end
$$;
