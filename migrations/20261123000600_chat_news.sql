-- An open chat page learns at once that there is something new to read.
--
-- Each web process listens on the channel `nextnest_chat` while a chat page is open on it (web/live.py). What is told is the
-- conversation's number and nothing else, or `line` when a lead left the line and those behind it moved up; the page then
-- reads what its own link may see. Told is only what a customer can see: a line that was sent, a colleague's line, a text of
-- hers, and a change of broker, state or holder. A NOTIFY takes one lock of the whole server while its transaction commits, so nothing
-- is told of counters, intents, attributes, private notes and answers being settled. A customer's text and the jobs it defers
-- are one transaction that notifies anyway, for Procrastinate. docs/customer.md has the cost, measured.

create function nextnest.tell_chat_page() returns trigger
    language plpgsql
    set search_path = ''
as $$
begin
    perform pg_catalog.pg_notify('nextnest_chat', coalesce(tg_argv[0], new.conversation_id::text));
    return null;
end
$$;
comment on function nextnest.tell_chat_page() is
    'Tells open chat pages of a conversation that something is new; with an argument, that word instead of its number.';
revoke all on function nextnest.tell_chat_page() from public;

create trigger a_line_was_sent after update of state on nextnest.outgoing_messages
    for each row when (old.state <> 'sent' and new.state = 'sent' and new.kind in (
        'activity', 'greeting', 'waiting_notice', 'reply', 'handoff_notice', 'failure_notice'))
    execute function nextnest.tell_chat_page();

create trigger a_colleague_wrote after insert on nextnest.person_messages
    for each row execute function nextnest.tell_chat_page();

create trigger a_customer_wrote after insert on nextnest.incoming_messages
    for each row execute function nextnest.tell_chat_page();

create trigger a_conversation_changed_hands after update of status, held_by, taken_at, broker_id on nextnest.broker_conversations
    for each row when ((old.status, old.held_by, old.taken_at, old.broker_id)
                       is distinct from (new.status, new.held_by, new.taken_at, new.broker_id))
    execute function nextnest.tell_chat_page();

create trigger the_line_moved_up after update of status on nextnest.broker_conversations
    for each row when (old.status = 'waiting' and new.status <> 'waiting')
    execute function nextnest.tell_chat_page('line');
