-- ensure_conversation: Know a conversation; `created` is true for the one who was first, and only that one greets.
insert into broker_conversations
    (conversation_id, lead_id, contact_id, lead_score, loan_type, property_type, monthly_income, timeline, uses_queue)
values (%(conversation_id)s, %(lead_id)s, %(contact_id)s, %(lead_score)s, %(loan_type)s, %(property_type)s,
        %(monthly_income)s, %(timeline)s, %(uses_queue)s)
on conflict (conversation_id) do update
    set lead_id = coalesce(broker_conversations.lead_id, excluded.lead_id),
        contact_id = coalesce(broker_conversations.contact_id, excluded.contact_id),
        lead_score = coalesce(broker_conversations.lead_score, excluded.lead_score),
        loan_type = coalesce(broker_conversations.loan_type, excluded.loan_type)
returning (xmax = 0) as created, uses_queue;

-- conversation_for_update: One conversation with its lead, locked until the transaction ends.
select c.*, l.lead from broker_conversations c left join leads l on l.id = c.lead_id
where c.conversation_id = %(conversation_id)s for update of c;

-- next_waiting: The lead that has waited longest and that no person has taken meanwhile.
select conversation_id from broker_conversations where status = 'waiting' and held_by = 'ai'
order by waiting_since, conversation_id limit 1 for update;

-- record_assignment: The conversation belongs to this broker now.
update broker_conversations
set broker_id = %(broker_id)s, status = 'active', assigned_at = now(), assignment_method = %(method)s,
    assignment_reason = %(reason)s, waiting_since = null
where conversation_id = %(conversation_id)s and status in ('new', 'waiting');

-- record_waiting: Nobody is free; keep the place it already has, or take the last one.
update broker_conversations
set status = 'waiting', waiting_since = coalesce(waiting_since, clock_timestamp())
where conversation_id = %(conversation_id)s and status in ('new', 'waiting');

-- place_in_line: How many are served before this one, itself included.
select position from waiting_leads where conversation_id = %(conversation_id)s;

-- record_handoff: A person has the conversation; the first reason stays.
update broker_conversations
set status = 'handed_off', held_by = 'person', handoff_at = coalesce(handoff_at, now()),
    handoff_reason = coalesce(handoff_reason, %(reason)s), waiting_since = null, resolved_at = null
where conversation_id = %(conversation_id)s and (status <> 'handed_off' or held_by <> 'person');

-- record_resolved: The conversation is closed.
update broker_conversations set status = 'resolved', resolved_at = now(), waiting_since = null
where conversation_id = %(conversation_id)s and status <> 'resolved';

-- reopen: The AI may work on it again, unless a person has just taken it; it needs a broker first.
-- What was closed stays closed until Chatwoot says otherwise or the customer writes again: what she wrote before, whoever
-- closed it has read, and nothing would ever give the place back.
update broker_conversations set status = 'new', resolved_at = null
where conversation_id = %(conversation_id)s and status in ('handed_off', 'resolved') and held_by = 'ai'
  and (resolved_at is null or chatwoot_status is distinct from 'resolved'
       or exists (select from incoming_messages m
                  where m.conversation_id = broker_conversations.conversation_id and m.state = 'unanswered'
                    and m.received_at > resolved_at));

-- standing: What we hold of Chatwoot's picture of a conversation, locked until the transaction ends.
select uses_queue, held_by, status, chatwoot_status, assigned_to, person_label, pictures
from broker_conversations where conversation_id = %(conversation_id)s for no key update;

-- glance: Whether Chatwoot's label says that a person has a conversation, as far as we know.
select person_label from broker_conversations where conversation_id = %(conversation_id)s;

-- note_picture: Remember how new the picture was that this was read from; one without a time changes nothing.
update broker_conversations
set pictures = pictures || jsonb_build_object(%(aspect)s::text, greatest((pictures ->> %(aspect)s::text)::double precision,
                                                                         %(picture_at)s::double precision))
where conversation_id = %(conversation_id)s and %(picture_at)s::double precision is not null;

-- note_echo: A change of status or assignee came back to us: whether it was one of ours, for which no echo has come yet.
-- One of ours that was sent and is not what came changed nothing, and its echo never comes.
with told as (
    update outgoing_messages set echoed_at = clock_timestamp()
    where conversation_id = %(conversation_id)s and kind = any (%(kinds)s) and echoed_at is null and sending_at is not null
      and state <> 'withheld' and (payload @> %(change)s::jsonb or state = 'sent')
    returning payload @> %(change)s::jsonb as ours
)
select coalesce(bool_or(ours), false) as ours from told;

-- note_status: Remember what Chatwoot says, and who has the conversation from now on.
-- Where a closing is noted, the context ends behind the last message.
update broker_conversations c
set chatwoot_status = %(status)s, held_by = coalesce(%(holder)s, c.held_by),
    taken_at = case %(holder)s::text when 'person' then clock_timestamp() when 'ai' then null else c.taken_at end,
    closed_after = case when %(status)s = 'resolved' and c.chatwoot_status is distinct from 'resolved'
        then coalesce(%(newest)s::bigint,
                      (select max(t.message_id) from transcript t where t.conversation_id = c.conversation_id), c.closed_after)
        else c.closed_after end
where c.conversation_id = %(conversation_id)s;

-- written_since_closed: Whether the customer wrote after it was closed; `newest` is a message of hers we may not know yet.
select coalesce(greatest(%(newest)s::bigint, (select max(m.message_id) from incoming_messages m
                                              where m.conversation_id = c.conversation_id))
                > c.closed_after, false) as written
from broker_conversations c where c.conversation_id = %(conversation_id)s;

-- give_to_person: A human colleague acts in it; the AI is silent from this commit on.
update broker_conversations set held_by = 'person', taken_at = clock_timestamp()
where conversation_id = %(conversation_id)s
returning status;

-- give_back: It is the AI's again.
update broker_conversations set held_by = 'ai', taken_at = null
where conversation_id = %(conversation_id)s and held_by = 'person'
returning status;

-- note_assigned: Which person is assigned to it; null for nobody and for bots.
update broker_conversations set assigned_to = %(assignee_id)s where conversation_id = %(conversation_id)s;

-- note_label: Whether it carries the label that says a person has it.
update broker_conversations set person_label = %(labelled)s where conversation_id = %(conversation_id)s;

-- remember_command: A colleague's note was a command; no row when it is known.
insert into person_commands (conversation_id, message_id, command)
values (%(conversation_id)s, %(message_id)s, %(command)s)
on conflict do nothing
returning message_id;

-- newer_command: The newest command in a note after this message, if any.
select command from person_commands where conversation_id = %(conversation_id)s and message_id > %(message_id)s
order by message_id desc limit 1;

-- withhold_arrival: A person has it before its broker arrived: she is neither announced nor does she greet, nor come back.
update outgoing_messages o set state = 'withheld', last_error = 'a person has the conversation'
from broker_conversations c
where c.conversation_id = %(conversation_id)s and c.held_by = 'person' and o.conversation_id = c.conversation_id
  and o.state = 'planned' and o.kind in ('activity', 'greeting', 'waiting_notice', 'return');

-- known_conversation: A conversation we know, without locking it: a webhook must not get in the way of a completing job.
select false as created, uses_queue from broker_conversations where conversation_id = %(conversation_id)s;

-- lock_conversation: Nobody else changes this conversation until the transaction ends.
select conversation_id from broker_conversations where conversation_id = %(conversation_id)s for no key update;

-- move_counters: Count what was said since the last time; rows are counted once, whoever counts.
with sent as (
    update outgoing_messages set counted = true
    where conversation_id = %(conversation_id)s and state = 'sent' and not counted
      and kind in ('greeting', 'waiting_notice', 'reply', 'handoff_notice', 'failure_notice')
    returning sent_at
), ours as (
    select count(*) as n, min(sent_at) as first_at, max(sent_at) as last_at from sent
)
update broker_conversations
set broker_messages = broker_messages + ours.n, customer_messages = customer_messages + %(customer_messages)s,
    messages_exchanged = messages_exchanged + ours.n + %(customer_messages)s,
    first_response_at = coalesce(first_response_at, ours.first_at),
    last_message_at = greatest(last_message_at, ours.last_at,
                               case when %(customer_messages)s > 0 then now() end)
from ours where conversation_id = %(conversation_id)s;
