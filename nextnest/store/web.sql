-- count_request: Count one request of a client in the current minute, and forget a few windows nobody needs any more.
with forgotten as (
    delete from rate_limits where ctid in (
        select ctid from rate_limits where window_start < now() - interval '10 minutes' limit 10 for update skip locked)
)
insert into rate_limits (client, window_start) values (%(client)s, date_trunc('minute', now()))
on conflict (client, window_start) do update set requests = rate_limits.requests + 1
returning requests,
          ceil(extract(epoch from window_start + interval '1 minute' - now()))::int as seconds_left;

-- chat_view: What the chat page shows around the messages of one lead's conversation.
-- An answer is being written while a message waits that no line of ours has answered yet, or while the greeting is on its way.
-- A link ends when nobody has written for its lifetime, or when an operator ends it. Most leads are younger than a lifetime, and then the
-- transcript is not read.
select case when l.link_revoked_at is not null then 'revoked'
            when %(lifetime_days)s = 0 or l.received_at > now() - make_interval(days => %(lifetime_days)s)
                 or exists (select from transcript t where t.conversation_id = l.conversation_id
                                                       and t.at > now() - make_interval(days => %(lifetime_days)s)) then 'open'
            else 'expired' end as link,
       l.state as lead_state, l.conversation_id, c.contact_id, c.status, c.held_by, c.taken_at is not null as taken,
       c.uses_queue, b.name as broker_name, b.title as broker_title,
       case when c.status = 'waiting' then
           (select w.position from waiting_leads w where w.conversation_id = c.conversation_id) end as position,
       exists (select from incoming_messages m
               where m.conversation_id = c.conversation_id and m.state = 'unanswered'
                 and not exists (select from outgoing_messages o
                                 where o.conversation_id = m.conversation_id and o.state = 'sent'
                                   and o.kind in ('reply', 'handoff_notice', 'failure_notice') and o.turn >= m.message_id))
       or exists (select from outgoing_messages o
                  where o.conversation_id = c.conversation_id and o.kind = 'greeting'
                    and o.state in ('planned', 'sending', 'unknown')) as writing
from leads l
left join broker_conversations c on c.conversation_id = l.conversation_id
left join ai_brokers b on b.id = c.broker_id
where l.id = %(lead_id)s and l.state not in ('rejected', 'erased');

-- chat_lines: What was said in a lead's conversation; for a lead that goes on with an older one, only since it came.
-- The conversation is asked for first: a join would read everything that was ever said, in all of them.
with visible as (
    select t.message_id, t.role, t.content, t.at from leads l cross join transcript t
    where l.id = %(lead_id)s and t.conversation_id = (select conversation_id from leads where id = %(lead_id)s)
      and (l.state <> 'reused' or t.at >= date_trunc('second', l.received_at))
)
select v.message_id, v.role, v.content, v.at, p.client_id, (select count(*) from visible) as total
from visible v left join chat_posts p on p.lead_id = %(lead_id)s and p.message_id = v.message_id
where v.message_id > %(after)s order by v.message_id limit %(most)s;

-- chat_total: How many lines the lead may see.
select count(*) as total from leads l cross join transcript t
where l.id = %(lead_id)s and t.conversation_id = (select conversation_id from leads where id = %(lead_id)s)
  and (l.state <> 'reused' or t.at >= date_trunc('second', l.received_at));

-- claim_post: The right to post this text; no row when it was claimed before.
insert into chat_posts (lead_id, client_id, conversation_id)
values (%(lead_id)s, %(client_id)s, %(conversation_id)s)
on conflict do nothing returning client_id;

-- find_post: What is known of a text claimed before.
select message_id, conversation_id from chat_posts where lead_id = %(lead_id)s and client_id = %(client_id)s;

-- claim_repost: The right to post it once more, after time enough for a lost one to show up.
update chat_posts set attempted_at = now()
where lead_id = %(lead_id)s and client_id = %(client_id)s and message_id is null
  and attempted_at < now() - make_interval(secs => %(settle_s)s)
returning client_id;

-- release_post: Nothing was done; the next try is a first one.
delete from chat_posts where lead_id = %(lead_id)s and client_id = %(client_id)s and message_id is null;

-- record_post: The text is in Chatwoot under this id.
update chat_posts set message_id = %(message_id)s where lead_id = %(lead_id)s and client_id = %(client_id)s;

-- workers_alive: How many workers were heard of within these seconds.
select count(*) as workers from procrastinate_workers
where last_heartbeat > now() - make_interval(secs => %(within_s)s);

-- queue_now: Jobs that wait, run or failed for good, by task, for the metrics page; age in seconds of the oldest that could run.
-- The view queue_metrics also tells how long a day's jobs ran, and reads that day for it.
with waiting as (
    select j.task_name, count(*) as jobs,
           extract(epoch from clock_timestamp() - min(coalesce(j.scheduled_at, e.at))
               filter (where j.scheduled_at is null or j.scheduled_at <= now()))::double precision as oldest_waiting_s
    from procrastinate_jobs j left join procrastinate_events e on e.job_id = j.id and e.type = 'deferred'
    where j.status = 'todo' group by 1
), running as (
    select task_name, count(*) as jobs from procrastinate_jobs where status = 'doing' group by 1
), failed as (
    select task_name, count(*) as jobs from procrastinate_jobs where status = 'failed' group by 1
)
select task_name, coalesce(w.jobs, 0) as waiting, coalesce(r.jobs, 0) as running, coalesce(f.jobs, 0) as failed, w.oldest_waiting_s
from waiting w full join running r using (task_name) full join failed f using (task_name)
order by task_name;

-- unanswered_by_reason: Messages without an answer, and the age of the oldest, by reason.
select reason, count(*) as messages, extract(epoch from now() - min(received_at))::double precision as oldest_s
from unanswered_messages group by reason order by reason;

-- waiting_summary: How many leads wait for a broker, and how long the first has.
select count(*) as leads, coalesce(extract(epoch from now() - min(waiting_since))::double precision, 0) as oldest_s
from waiting_leads;

-- leads_by_state: Leads of the last day by what became of them.
select state, count(*) as leads from leads where received_at > now() - interval '24 hours' group by state order by state;

-- broker_loads: Who holds how many conversations, and how many she may, for the metrics page.
select name, is_active, current_workload, max_concurrent_chats from ai_brokers order by name;

-- model_days: How many days each configured model has left; none known when no end is announced.
select model, case when listed then greatest(0, shutdown_date - (now() at time zone 'Asia/Singapore')::date)
                   else 0 end as days_left
from model_checks order by model;

-- breaker_states: Whether each outside thing is away, and whether because it refuses us, for the metrics page.
select name, (state = 'open')::int as open, (state = 'open' and reason = 'refused')::int as refused
from circuit_breakers order by name;

-- machinery: Workers, webhooks, today's spending and paused tasks, for the metrics page. Ages in seconds, null without any.
-- Silence is the age of the oldest reply of ours that no webhook has followed: its echo comes within seconds.
with last_webhook as (
    select greatest((select max(received_at) from webhook_events where status <> 'swept'),
                    (select max(received_at) from incoming_messages where source = 'webhook')) as at
)
select (select count(*) from procrastinate_workers where last_heartbeat > now() - make_interval(secs => %(alive_s)s)) as workers,
       (select extract(epoch from now() - max(last_heartbeat))::double precision from procrastinate_workers) as heartbeat_s,
       extract(epoch from now() - h.at)::double precision as webhook_s,
       (select extract(epoch from now() - min(sent_at))::double precision from outgoing_messages
        where kind = 'reply' and state = 'sent' and sent_at > coalesce(h.at, now() - interval '1 day')) as silence_s,
       (select coalesce(sum(cost), 0)::double precision from ai_usage
        where day = (now() at time zone 'Asia/Singapore')::date) as spent,
       (select count(*) from task_pauses) as paused_tasks
from last_webhook h;

-- effects_in_flight: What is planned, on its way or not known to have arrived, for the metrics page.
select kind, state, count(*) as effects,
       extract(epoch from now() - min(coalesce(sending_at, planned_at)))::double precision as oldest_s
from outgoing_messages where state in ('planned', 'sending', 'unknown') group by kind, state order by kind, state;

-- capacity_drift: How many brokers hold other places than their open assignments; always 0.
select count(*) as brokers from broker_capacity_drift;
