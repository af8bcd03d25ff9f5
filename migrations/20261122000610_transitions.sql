-- A row may only take the steps its kind knows.
--
-- A conversation, an effect, a lead and a customer's message each have a state and a small set of steps between states. A
-- step outside that set would be a fault of ours or a hasty hand: a sent message planned again, a closed conversation given
-- a broker without its place. It is refused here, whoever asks, with the row and both states in the message and nothing
-- else of the row. The sets stand in the triggers' conditions, so a right step costs a comparison and calls no function;
-- nextnest/rules/transitions.py says what each step means, and a test tries every pair of states. Procrastinate's jobs are
-- its own. Restoring data without the schema needs `pg_restore --disable-triggers`: it inserts rows in any state.

create function nextnest.refuse_transition() returns trigger
    language plpgsql
    set search_path = ''
as $$
declare
    state_column constant text := tg_argv[0];
    key text;
begin
    select string_agg(k || ' ' || (to_jsonb(new) ->> k), ', ' order by n) into key
    from unnest(tg_argv[1:]) with ordinality as keys (k, n);
    if tg_op = 'INSERT' then
        raise exception '% (%) cannot begin as "%"', tg_table_name, key, to_jsonb(new) ->> state_column
            using errcode = 'check_violation', schema = tg_table_schema, table = tg_table_name, constraint = tg_name;
    end if;
    raise exception '% (%) cannot go from "%" to "%"',
        tg_table_name, key, to_jsonb(old) ->> state_column, to_jsonb(new) ->> state_column
        using errcode = 'check_violation', schema = tg_table_schema, table = tg_table_name, constraint = tg_name;
end
$$;
comment on function nextnest.refuse_transition() is
    'Refuses the step that made its trigger fire. Arguments: the column of the state, then the columns of the key.';
revoke all on function nextnest.refuse_transition() from public;

create trigger a_conversation_begins_as before insert on nextnest.broker_conversations
    for each row when (new.status <> 'new')
    execute function nextnest.refuse_transition('status', 'conversation_id');
create trigger a_conversation_goes before update of status on nextnest.broker_conversations
    for each row when (old.status <> new.status and (old.status, new.status) not in (
        ('new', 'active'), ('new', 'waiting'), ('new', 'handed_off'), ('new', 'resolved'),
        ('waiting', 'active'), ('waiting', 'handed_off'), ('waiting', 'resolved'),
        ('active', 'handed_off'), ('active', 'resolved'),
        ('handed_off', 'new'), ('handed_off', 'resolved'),
        ('resolved', 'new'), ('resolved', 'handed_off')))
    execute function nextnest.refuse_transition('status', 'conversation_id');

create trigger an_effect_begins_as before insert on nextnest.outgoing_messages
    for each row when (new.state <> 'planned')
    execute function nextnest.refuse_transition('state', 'id', 'conversation_id', 'kind');
create trigger an_effect_goes before update of state on nextnest.outgoing_messages
    for each row when (old.state <> new.state and (old.state, new.state) not in (
        ('planned', 'sending'), ('planned', 'sent'), ('planned', 'unknown'), ('planned', 'withheld'),
        ('sending', 'sent'), ('sending', 'unknown'), ('sending', 'planned'), ('sending', 'withheld'),
        ('unknown', 'sent'), ('unknown', 'planned'),
        ('withheld', 'planned'), ('withheld', 'sent')))
    execute function nextnest.refuse_transition('state', 'id', 'conversation_id', 'kind');

create trigger a_lead_begins_as before insert on nextnest.leads
    for each row when (new.state not in ('received', 'rejected'))
    execute function nextnest.refuse_transition('state', 'id');
create trigger a_lead_goes before update of state on nextnest.leads
    for each row when (old.state <> new.state and (old.state, new.state) not in (
        ('received', 'opened'), ('received', 'reused')))
    execute function nextnest.refuse_transition('state', 'id');

create trigger a_message_begins_as before insert on nextnest.incoming_messages
    for each row when (new.state <> 'unanswered')
    execute function nextnest.refuse_transition('state', 'conversation_id', 'message_id');
create trigger a_message_goes before update of state on nextnest.incoming_messages
    for each row when (old.state <> new.state and (old.state, new.state) not in (
        ('unanswered', 'answered'), ('unanswered', 'handed_over'), ('unanswered', 'left_to_person'),
        ('unanswered', 'forwarded')))
    execute function nextnest.refuse_transition('state', 'conversation_id', 'message_id');
