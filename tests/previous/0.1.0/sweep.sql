-- begin_sweep: Begin a pass, or go on with the one under way; a first one looks back a bounded time.
update sweep_progress
set began_at = coalesce(began_at, clock_timestamp()),
    complete_to = coalesce(complete_to, clock_timestamp() - make_interval(secs => %(first_s)s))
returning complete_to - make_interval(secs => %(overlap_s)s) as since, next_page, clock_timestamp() as asked_at;

-- finish_pass: Everything since the last pass has been compared.
update sweep_progress set complete_to = began_at, began_at = null, next_page = 1;

-- pause_pass: The next sweep goes on at this page.
update sweep_progress set next_page = %(page)s;

-- standings: What we know of these conversations: up to where they were swept, their status, whether the newest message is known.
select r.conversation_id, w.message_id as swept_to, c.conversation_id is not null as known,
       coalesce(c.chatwoot_status,
                -- A conversation of ours is opened as pending, and no webhook tells that.
                case when exists (select from leads l
                                  where l.conversation_id = r.conversation_id and l.state = 'opened')
                     then 'pending' end) as status,
       exists (select from incoming_messages m
               where m.conversation_id = r.conversation_id and m.message_id = r.newest)
       or exists (select from outgoing_messages o
                  where o.conversation_id = r.conversation_id and o.chatwoot_message_id = r.newest)
       or exists (select from person_messages p
                  where p.conversation_id = r.conversation_id and p.message_id = r.newest) as newest_known,
       c.assigned_to, coalesce(c.person_label, false) as person_label
from unnest(%(conversation_ids)s::bigint[], %(newest)s::bigint[]) as r (conversation_id, newest)
left join swept_conversations w on w.conversation_id = r.conversation_id
left join broker_conversations c on c.conversation_id = r.conversation_id;

-- unknown_messages: Which of these messages of a conversation nobody has told us of.
select i.message_id from unnest(%(message_ids)s::bigint[]) as i (message_id)
where not exists (select from incoming_messages m
                  where m.conversation_id = %(conversation_id)s and m.message_id = i.message_id)
  and not exists (select from outgoing_messages o
                  where o.conversation_id = %(conversation_id)s and o.chatwoot_message_id = i.message_id)
  and not exists (select from person_messages p
                  where p.conversation_id = %(conversation_id)s and p.message_id = i.message_id)
  and not exists (select from person_commands p
                  where p.conversation_id = %(conversation_id)s and p.message_id = i.message_id);

-- mark_swept: Nothing is missing up to this message.
insert into swept_conversations (conversation_id, message_id) values (%(conversation_id)s, %(message_id)s)
on conflict (conversation_id) do update
    set message_id = greatest(swept_conversations.message_id, excluded.message_id), swept_at = now();

-- hold_first_status: The status of a conversation that began without us, of which nobody has told us: where it starts from.
update broker_conversations set chatwoot_status = %(status)s
where conversation_id = %(conversation_id)s and chatwoot_status is null;

-- status_is_news: Whether a status read from Chatwoot differs from ours and nothing newer than the reading has been said.
-- Neither by a webhook, nor by a change of our own that is on its way or has just been made.
select c.chatwoot_status is distinct from %(status)s
       and not exists (select from webhook_events e
                       where e.conversation_id = c.conversation_id and e.event = 'conversation_status_changed'
                         and e.received_at >= %(asked_at)s)
       and not exists (select from outgoing_messages o
                       where o.conversation_id = c.conversation_id and o.kind in ('status', 'return')
                         and (o.state in ('planned', 'sending', 'unknown') or o.sent_at >= %(asked_at)s)) as news
from broker_conversations c where c.conversation_id = %(conversation_id)s;

-- heard_of_holder: Whether a webhook about assignee or labels came since this moment: it knows better than an older reading.
select exists (select from webhook_events
               where conversation_id = %(conversation_id)s and event = 'conversation_updated' and status <> 'ignored'
                 and received_at >= %(asked_at)s) as heard;

-- given_back_since: Whether the conversation was given back after this moment, by its status or by a note, and has stayed so.
select exists (select from broker_conversations c join webhook_events e using (conversation_id)
               where c.conversation_id = %(conversation_id)s and c.chatwoot_status = 'pending'
                 and e.event = 'conversation_status_changed' and e.received_at > %(moment)s)
       or exists (select from broker_conversations c join person_commands p using (conversation_id)
                  where c.conversation_id = %(conversation_id)s and c.held_by = 'ai'
                    and p.command = 'give' and p.noted_at > %(moment)s) as given_back;
