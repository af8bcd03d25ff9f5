-- newest: Conversations by newest activity from a place in the list on.
select c.conversation_id, coalesce(c.last_message_at, c.created_at) as active_at from broker_conversations c
where (coalesce(c.last_message_at, c.created_at), c.conversation_id) < (%(at)s::timestamptz, %(id)s::bigint)
order by coalesce(c.last_message_at, c.created_at) desc, c.conversation_id desc limit %(most)s;

-- newest_in: The same for some states and holders: the newest of each, one after the other from the index, put together.
select found.conversation_id, found.active_at
from unnest(%(statuses)s::text[]) as s (status) cross join unnest(%(holders)s::text[]) as h (held_by)
cross join lateral (
    select c.conversation_id, coalesce(c.last_message_at, c.created_at) as active_at from broker_conversations c
    where c.status = s.status and c.held_by = h.held_by
      and (coalesce(c.last_message_at, c.created_at), c.conversation_id) < (%(at)s::timestamptz, %(id)s::bigint)
    order by coalesce(c.last_message_at, c.created_at) desc, c.conversation_id desc limit %(most)s) found
order by found.active_at desc, found.conversation_id desc limit %(most)s;

-- newest_of_broker: The same for one broker.
select found.conversation_id, found.active_at
from unnest(%(statuses)s::text[]) as s (status) cross join unnest(%(holders)s::text[]) as h (held_by)
cross join lateral (
    select c.conversation_id, coalesce(c.last_message_at, c.created_at) as active_at from broker_conversations c
    where c.broker_id = (select b.id from ai_brokers b where b.slug = %(broker)s)
      and c.status = s.status and c.held_by = h.held_by
      and (coalesce(c.last_message_at, c.created_at), c.conversation_id) < (%(at)s::timestamptz, %(id)s::bigint)
    order by coalesce(c.last_message_at, c.created_at) desc, c.conversation_id desc limit %(most)s) found
order by found.active_at desc, found.conversation_id desc limit %(most)s;

-- newest_among: The same for a short list of conversations.
select c.conversation_id, coalesce(c.last_message_at, c.created_at) as active_at from broker_conversations c
where c.conversation_id = any (%(ids)s::bigint[])
  and (coalesce(c.last_message_at, c.created_at), c.conversation_id) < (%(at)s::timestamptz, %(id)s::bigint)
  and (%(broker)s::text is null or c.broker_id = (select b.id from ai_brokers b where b.slug = %(broker)s))
  and c.status = any (%(statuses)s::text[]) and c.held_by = any (%(holders)s::text[])
order by coalesce(c.last_message_at, c.created_at) desc, c.conversation_id desc limit %(most)s;

-- rows: What the list shows of these conversations.
select c.conversation_id, c.status, c.held_by, c.uses_queue, c.lead_score, c.loan_type, c.messages_exchanged, c.created_at,
       coalesce(c.last_message_at, c.created_at) as active_at, b.name as broker, b.slug as broker_slug, l.lead ->> 'name' as name,
       (select count(*) from incoming_messages m
        where m.conversation_id = c.conversation_id and m.state = 'unanswered') as unanswered,
       (select count(*) from procrastinate_jobs j
        where j.status = 'failed' and j.args ->> 'conversation_id' = c.conversation_id::text) as failed_jobs
from broker_conversations c
left join ai_brokers b on b.id = c.broker_id
left join leads l on l.id = c.lead_id
where c.conversation_id = any (%(ids)s::bigint[])
order by active_at desc, c.conversation_id desc;

-- of_email: Conversations of forms whose e-mail address begins so.
select conversation_id from leads
where contact_key ~>=~ %(start)s::text and contact_key ~<~ %(stop)s::text and conversation_id is not null
order by received_at desc limit %(most)s;

-- of_phone: Conversations of forms with this phone number.
select conversation_id from leads
where lead ->> 'phone' = %(phone)s and conversation_id is not null
order by received_at desc limit %(most)s;

-- of_name: Conversations of forms with a name of which words begin so.
select conversation_id from leads
where to_tsvector('simple'::regconfig, lead ->> 'name') @@ to_tsquery('simple'::regconfig, %(words)s)
  and conversation_id is not null
order by received_at desc limit %(most)s;

-- with_unanswered: Conversations in which a message waits for its answer, who has waited longest first.
select conversation_id from incoming_messages where state = 'unanswered'
group by conversation_id order by min(received_at) limit %(most)s;

-- with_failed_jobs: Conversations with a job that failed.
select distinct (args ->> 'conversation_id')::bigint as conversation_id from procrastinate_jobs
where status = 'failed' and args ->> 'conversation_id' is not null
order by 1 desc limit %(most)s;

-- broker_names: Whom one can filter by.
select slug, name from ai_brokers order by name;
