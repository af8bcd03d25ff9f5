-- standing: Everything of the first page that is one number, and what its alarms are made of. Ages in seconds.
with last_webhook as (
    select coalesce(greatest((select max(received_at) from webhook_events where status <> 'swept'),
                             (select max(received_at) from incoming_messages where source = 'webhook')),
                    now() - interval '1 day') as at
), midnight as (
    select date_trunc('day', now(), 'Asia/Singapore') as at
), waiting_jobs as (
    select count(*) as jobs, min(id) as first
    from (select id from procrastinate_jobs where status = 'todo' and scheduled_at is null limit %(most)s) j
), due_jobs as (
    select count(*) as jobs, min(scheduled_at) as first
    from (select scheduled_at from procrastinate_jobs where status = 'todo' and scheduled_at <= now() limit %(most)s) j
), in_line as (
    select count(*) as leads, min(waiting_since) as first from broker_conversations where status = 'waiting'
), unsettled as (
    select count(*) as effects, min(since) as first from unsettled_effects
), places as (
    select coalesce(sum(max_concurrent_chats), 0) as places,
           coalesce(sum(greatest(max_concurrent_chats - current_workload, 0)), 0) as free
    from ai_brokers where is_active
)
select
    (select count(*) from procrastinate_workers where last_heartbeat > now() - make_interval(secs => %(alive_s)s)) as workers,
    (select extract(epoch from now() - max(last_heartbeat))::double precision from procrastinate_workers) as heartbeat_s,
    w.jobs + d.jobs as waiting_jobs,
    extract(epoch from now() - least(
        (select min(e.at) from procrastinate_events e where e.job_id = w.first and e.type = 'deferred'), d.first
    ))::double precision as oldest_job_s,
    (select count(*) from (select from procrastinate_jobs where status = 'todo' and scheduled_at > now() limit %(most)s) j) as later_jobs,
    (select count(*) from procrastinate_jobs where status = 'doing') as running_jobs,
    (select count(*) from (select from procrastinate_jobs where status = 'failed' limit %(most)s) j) as failed_jobs,
    (select coalesce(array_agg(task_name order by task_name), '{}') from paused_tasks) as paused_tasks,
    l.leads as waiting_leads, extract(epoch from now() - l.first)::double precision as waiting_s,
    p.places, p.free as free_places,
    (select coalesce(array_agg(name order by name), '{}') from broker_capacity_drift) as drifting,
    u.effects as unsettled, extract(epoch from now() - u.first)::double precision as unsettled_s,
    (select coalesce(sum(spent), 0) from spend_days where day = (m.at at time zone 'Asia/Singapore')::date) as spent,
    (select extract(epoch from now() - min(sent_at))::double precision from outgoing_messages
     where kind = 'reply' and state = 'sent' and sent_at > h.at) as no_webhook_s,
    (select count(*) from incoming_messages where received_at > now() - interval '1 hour' and source = 'sweep') as swept,
    (select count(*) from outgoing_messages where kind = 'reply' and state = 'sent' and sent_at >= m.at) as replies_today,
    (select count(*) from broker_conversations where handoff_at >= m.at) as handovers_today,
    (select count(*) from leads where received_at >= m.at and state <> 'rejected') as leads_today
from last_webhook h, midnight m, waiting_jobs w, due_jobs d, in_line l, unsettled u, places p;

-- unanswered_now: Messages without an answer by reason, of the oldest so many, and the age of the oldest of each.
select reason, count(*) as messages, extract(epoch from now() - min(received_at))::double precision as oldest_s
from (select reason, received_at from unanswered_messages order by received_at limit %(most)s) u group by reason;

-- oldest_unanswered_ones: Whose messages have waited longest, and why.
select u.conversation_id, u.message_id, u.received_at, u.reason, l.lead ->> 'name' as name
from (select conversation_id, message_id, received_at, reason from unanswered_messages order by received_at limit %(most)s) u
join broker_conversations c using (conversation_id) left join leads l on l.id = c.lead_id
order by u.received_at;

-- line: Who waits for a broker, in the order in which they will be served.
select w.conversation_id, w.position, w.waiting_since, w.lead_score, l.lead ->> 'name' as name
from (select conversation_id, position, waiting_since, lead_score from waiting_leads order by position limit %(most)s) w
join broker_conversations c using (conversation_id) left join leads l on l.id = c.lead_id
order by w.position;

-- not_taken: Hand-overs nobody has taken yet, newest first. `late`: somebody should have by now, office hours counted.
select c.conversation_id, coalesce(b.created_at, c.handoff_at) as handed_over_at, coalesce(b.reason, c.handoff_reason) as reason,
       coalesce(b.remind_at <= now(), false) as late, l.lead ->> 'name' as name, a.name as broker
from (select conversation_id, handoff_at, handoff_reason, lead_id, broker_id from broker_conversations
      where status = 'handed_off' and held_by = 'person' and taken_at is null
      order by handoff_at desc limit %(most)s) c
left join lateral (select created_at, reason, remind_at from handover_briefs h
                   where h.conversation_id = c.conversation_id order by created_at desc limit 1) b on true
left join leads l on l.id = c.lead_id
left join ai_brokers a on a.id = c.broker_id
order by handed_over_at desc;

-- model_ends: What the provider last said about the configured models.
select model, listed, shutdown_date, (now() at time zone 'Asia/Singapore')::date as today from model_checks order by model;

-- places: Who holds how many conversations, and how many she may.
select id, slug, name, title, is_active, current_workload, max_concurrent_chats from ai_brokers order by name;
