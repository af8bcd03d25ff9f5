-- take_in_message: Remember a customer's message in a conversation we know, unless it is our own, in one round trip.
-- `uses_queue` is null for a conversation we do not know: then nothing was remembered. Takes no lock on the conversation.
-- `waits` says that its job is there already; who remembers a message is the only one to defer it, so none can slip in.
with conversation as (
    select uses_queue from broker_conversations where conversation_id = %(conversation_id)s
), ours as (
    select from outgoing_messages where conversation_id = %(conversation_id)s and chatwoot_message_id = %(message_id)s
), remembered as (
    insert into incoming_messages (conversation_id, message_id, content, source, sent_at, state)
    select %(conversation_id)s, %(message_id)s, %(content)s, %(source)s, %(sent_at)s, 'unanswered'
    from conversation where not exists (select from ours)
    on conflict do nothing
    returning message_id
)
select exists (select from ours) as ours, (select uses_queue from conversation) as uses_queue,
       exists (select from remembered) as is_new,
       exists (select from procrastinate_jobs where queueing_lock = %(job)s and coalesce(status = 'todo', false)) as waits;

-- known_message: Whether this Chatwoot message, or the effect it names, is our own.
select exists (
    select from outgoing_messages
    where conversation_id = %(conversation_id)s
      and (chatwoot_message_id = %(message_id)s or id = %(effect_id)s)
) as ours;

-- adopt_echo: The message came back to us, so it was sent, whatever the call that sent it learns.
-- Who sent it a moment ago says so himself, or looks for it: only when that takes long does the echo count.
update outgoing_messages
set state = 'sent', chatwoot_message_id = %(message_id)s, sent_at = coalesce(sent_at, now()), last_error = null
where id = %(effect_id)s and conversation_id = %(conversation_id)s
  and state in ('sending', 'unknown') and coalesce(sending_at, '-infinity') < clock_timestamp() - interval '5 seconds';

-- remember_person_message: A colleague wrote this.
insert into person_messages (conversation_id, message_id, content, sent_at)
values (%(conversation_id)s, %(message_id)s, %(content)s, %(sent_at)s)
on conflict do nothing
returning message_id;

-- record_event: A webhook that defers no message's job, in the transaction of what it changed; when it changed nothing, nothing.
-- `is_new` is false for a delivery that was taken in before.
with so_far as (
    select pg_current_xact_id_if_assigned() is not null as changed
), recorded as (
    insert into webhook_events (event, conversation_id, delivery_id, status)
    select %(event)s, %(conversation_id)s, %(delivery_id)s, %(status)s from so_far where changed
    on conflict (delivery_id) where delivery_id is not null do nothing
    returning id
)
select changed, exists (select from recorded) as is_new from so_far;

-- record_quiet: Webhooks that changed nothing, several at once.
insert into webhook_events (event, conversation_id, delivery_id, status, received_at)
select * from unnest(%(events)s::text[], %(conversation_ids)s::bigint[], %(delivery_ids)s::text[], %(statuses)s::text[],
                     %(received)s::timestamptz[])
on conflict (delivery_id) where delivery_id is not null do nothing;

-- read_turn: Everything an answer depends on, in one read: conversation, lead, broker, unanswered messages.
select c.conversation_id, c.status, c.held_by, c.uses_queue, c.lead_score, c.closed_after, c.broker_messages, now() as read_at,
       l.id as lead_id, l.lead,
       exists (select from outgoing_messages o
               where o.conversation_id = c.conversation_id and o.kind = 'reply' and o.turn =
                   (select max(m.message_id) from incoming_messages m
                    where m.conversation_id = c.conversation_id and m.state = 'unanswered')) as has_reply,
       to_jsonb(b) - 'active_conversations' - 'created_at' - 'updated_at' as broker,
       coalesce((select json_agg(json_build_object('conversation_id', m.conversation_id, 'message_id', m.message_id,
                                                   'content', m.content, 'received_at', m.received_at)
                                 order by m.message_id)
                 from incoming_messages m
                 where m.conversation_id = c.conversation_id and m.state = 'unanswered'), '[]') as unanswered
from broker_conversations c
left join leads l on l.id = c.lead_id
left join ai_brokers b on b.id = c.broker_id
where c.conversation_id = %(conversation_id)s;

-- newest_unanswered: The newest message that still waits, if any.
select max(message_id) as message_id from incoming_messages
where conversation_id = %(conversation_id)s and state = 'unanswered';

-- oldest_unanswered: Seconds the customer has waited for an answer; 0 when she waits for none.
select coalesce(extract(epoch from clock_timestamp() - min(received_at)), 0)::double precision as waited_s
from incoming_messages where conversation_id = %(conversation_id)s and state = 'unanswered';

-- forgotten_messages: The newest unanswered message of conversations whose jobs are gone.
select m.conversation_id, max(m.message_id) as message_id
from incoming_messages m join broker_conversations c using (conversation_id)
where m.state = 'unanswered' and m.received_at < now() - make_interval(secs => %(older_than_s)s)
  and c.uses_queue and c.status <> 'waiting'
  and not exists (select from procrastinate_jobs j
                  where j.lock = 'conversation-' || m.conversation_id and j.status in ('todo', 'doing'))
group by m.conversation_id limit 100;

-- anything_new: Whether a message waits that is none of these; its id may be lower than theirs.
select exists (select from incoming_messages
               where conversation_id = %(conversation_id)s and state = 'unanswered'
                 and message_id <> all (%(message_ids)s)) as found;

-- left_us: Whether the AI has no conversation to answer in any more.
select exists (select from broker_conversations
               where conversation_id = %(conversation_id)s and (held_by <> 'ai' or status <> 'active')) as gone;

-- mark_started: A job has taken these messages in, when it read them.
update incoming_messages set started_at = coalesce(started_at, %(read_at)s)
where conversation_id = %(conversation_id)s and state = 'unanswered' and message_id = any (%(message_ids)s);

-- settle_answered: Every message that a reply of ours took in is answered by it.
-- A message whose webhook came late, after the reply was written, is not: its own job answers it.
update incoming_messages m
set state = 'answered', answered_by = r.id, replied_at = r.sent_at, settled_by_job = %(job_id)s,
    deliberate_wait_s = %(deliberate_wait_s)s
from (
    select u.message_id, (select o.id from outgoing_messages o
                          where o.conversation_id = u.conversation_id and o.kind = 'reply' and o.state = 'sent'
                            and o.turn >= u.message_id and o.planned_at >= u.started_at
                          order by o.turn limit 1) as reply_id
    from incoming_messages u
    where u.conversation_id = %(conversation_id)s and u.state = 'unanswered'
) covered
join outgoing_messages r on r.id = covered.reply_id
where m.conversation_id = %(conversation_id)s and m.message_id = covered.message_id;

-- settle_rest: The messages up to the newest one seen need no answer of ours.
update incoming_messages
set state = %(state)s, settled_by_job = %(job_id)s, started_at = coalesce(started_at, %(read_at)s)
where conversation_id = %(conversation_id)s and state = 'unanswered' and message_id <= %(newest)s;

-- history: What was really said since the conversation was last closed, and what is unanswered, oldest first.
select role, content, at from (
    select t.role, t.content, t.at, t.message_id from transcript t join broker_conversations c using (conversation_id)
    where t.conversation_id = %(conversation_id)s and t.role in ('customer', 'broker', 'person') and t.content <> ''
      and (t.message_id > coalesce(c.closed_after, 0)
           or exists (select from incoming_messages m
                      where m.conversation_id = t.conversation_id and m.message_id = t.message_id and m.state = 'unanswered'))
    order by t.message_id desc limit %(most)s
) newest order by message_id;

-- before_closing: What was said until the conversation was last closed, oldest first, with the reason of a hand-over.
select role, content, at, handoff_reason from (
    select t.role, t.content, t.at, t.message_id, c.handoff_reason
    from transcript t join broker_conversations c using (conversation_id)
    where t.conversation_id = %(conversation_id)s and t.role in ('customer', 'broker', 'person') and t.content <> ''
      and t.message_id <= c.closed_after
    order by t.message_id desc limit %(most)s
) newest order by message_id;

-- content_of: What one message says.
select content from incoming_messages where conversation_id = %(conversation_id)s and message_id = %(message_id)s;

-- forget_events: Drop old webhook events; they only show that Chatwoot calls.
delete from webhook_events
where id = any (array(select id from webhook_events where received_at < now() - make_interval(days => %(days)s)
                      order by received_at limit 1000));
