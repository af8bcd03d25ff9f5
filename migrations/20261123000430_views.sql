-- The views again: complete, quick, and every column explained.
--
-- Columns are only added, at the end. What is corrected: a due time in the future no longer makes an age negative; a lead that
-- waited for Chatwoot waited for its first message all that time; what one job waited on purpose is never more than a message
-- that joined late had to wait, so no work takes less than nothing. `queue_metrics` finds its jobs by index instead of reading
-- the whole queue. The `hourly_*` views show the roll-up tables with their percentiles, and their histograms for adding up.
-- The comments are the documentation: docs/metrics.md says the same in the same words.

create index procrastinate_jobs_failed_by_task on nextnest.procrastinate_jobs (task_name) where status = 'failed';

create or replace view nextnest.broker_metrics with (security_invoker = true) as
select b.id as broker_id, b.name, b.is_active, b.current_workload, b.max_concurrent_chats,
       count(c.conversation_id) as conversations,
       coalesce(sum(c.messages_exchanged), 0)::bigint as messages,
       count(c.handoff_at) as handoffs,
       coalesce(count(c.handoff_at)::double precision / nullif(count(c.conversation_id), 0), 0) as handoff_rate,
       percentile_cont(0.5) within group (order by c.first_response_s) as first_response_p50_s,
       percentile_cont(0.95) within group (order by c.first_response_s) as first_response_p95_s,
       b.is_available, count(c.first_response_s) as first_responses, max(c.last_message_at) as last_message_at
from nextnest.ai_brokers b
left join (
    select o.conversation_id, o.broker_id, o.messages_exchanged, o.handoff_at, o.last_message_at,
           case when o.first_response_at is not null then
               greatest(extract(epoch from o.first_response_at - least(o.created_at, l.received_at)), 0)::double precision
           end as first_response_s
    from nextnest.broker_conversations o left join nextnest.leads l on l.id = o.lead_id
) c on c.broker_id = b.id
group by b.id;

create or replace view nextnest.queue_metrics with (security_invoker = true) as
select t.task_name::varchar(128), coalesce(w.waiting, 0) as waiting, coalesce(d.running, 0) as running, coalesce(f.failed, 0) as failed,
       w.oldest_waiting_s, r.run_p50_s, r.run_p95_s, coalesce(w.due_later, 0) as due_later, coalesce(r.ended, 0) as ended
from (
    select task_name from nextnest.procrastinate_jobs where status in ('todo', 'doing')
    union select task_name from nextnest.procrastinate_jobs where status = 'failed'
    union select task_name from nextnest.job_outcomes where finished_at > now() - interval '24 hours'
) t
left join (
    select j.task_name, count(*) as waiting, count(*) filter (where j.scheduled_at > now()) as due_later,
           extract(epoch from clock_timestamp() - min(coalesce(j.scheduled_at, e.at))
               filter (where j.scheduled_at is null or j.scheduled_at <= now()))::double precision as oldest_waiting_s
    from nextnest.procrastinate_jobs j
    left join nextnest.procrastinate_events e on e.job_id = j.id and e.type = 'deferred'
    where j.status = 'todo' group by 1
) w using (task_name)
left join (
    select task_name, count(*) as running from nextnest.procrastinate_jobs where status = 'doing' group by 1
) d using (task_name)
left join (
    select task_name, count(*) as failed from nextnest.procrastinate_jobs where status = 'failed' group by 1
) f using (task_name)
left join (
    select task_name, count(*) as ended,
           percentile_cont(0.5) within group (order by extract(epoch from finished_at - started_at)::double precision) as run_p50_s,
           percentile_cont(0.95) within group (order by extract(epoch from finished_at - started_at)::double precision) as run_p95_s
    from nextnest.job_outcomes where finished_at > now() - interval '24 hours' group by 1
) r using (task_name);

create or replace view nextnest.response_times with (security_invoker = true) as
select m.conversation_id, m.message_id, m.received_at, m.started_at, m.replied_at,
       least(m.deliberate_wait_s, t.response_s) as deliberate_wait_s,
       greatest(t.response_s - m.deliberate_wait_s, 0) as processing_s,
       t.response_s,
       case when m.started_at is not null then
           greatest(extract(epoch from m.started_at - m.received_at), 0)::double precision
       end as queued_s
from nextnest.incoming_messages m,
     lateral (select greatest(extract(epoch from m.replied_at - m.received_at), 0)::double precision as response_s) t
where m.replied_at is not null;

create view nextnest.hourly_traffic with (security_invoker = true) as
select hour, leads, refused_leads, customer_messages, replies, answered,
       nextnest.histogram_quantile(response, 0.5) as response_p50_s, nextnest.histogram_quantile(response, 0.95) as response_p95_s,
       nextnest.histogram_quantile(response, 0.99) as response_p99_s,
       nextnest.histogram_quantile(deliberate, 0.5) as deliberate_p50_s, nextnest.histogram_quantile(deliberate, 0.95) as deliberate_p95_s,
       nextnest.histogram_quantile(processing, 0.5) as processing_p50_s, nextnest.histogram_quantile(processing, 0.95) as processing_p95_s,
       response, deliberate, processing, rolled_at
from nextnest.rollup_traffic;

create view nextnest.hourly_brokers with (security_invoker = true) as
select r.hour, r.broker_id, b.name, r.conversations, r.first_responses,
       nextnest.histogram_quantile(r.first_response, 0.5) as first_response_p50_s,
       nextnest.histogram_quantile(r.first_response, 0.95) as first_response_p95_s,
       r.replies, r.handoffs, r.cost, r.first_response
from nextnest.rollup_brokers r join nextnest.ai_brokers b on b.id = r.broker_id;

create view nextnest.hourly_handovers with (security_invoker = true) as
select hour, reason, handovers from nextnest.rollup_handovers;

create view nextnest.hourly_jobs with (security_invoker = true) as
select hour, task_name, ended, failed, put_back, nextnest.histogram_quantile(run, 0.5) as run_p50_s,
       nextnest.histogram_quantile(run, 0.95) as run_p95_s, run
from nextnest.rollup_jobs;

create view nextnest.hourly_models with (security_invoker = true) as
select hour, model, calls, failed, input_tokens, cached_tokens, output_tokens, cost,
       nextnest.histogram_quantile(latency, 0.5) as latency_p50_s, nextnest.histogram_quantile(latency, 0.95) as latency_p95_s, latency
from nextnest.rollup_models;

create view nextnest.hourly_guard with (security_invoker = true) as
select hour, rule, drafts from nextnest.rollup_guard;

create view nextnest.queue_depth with (security_invoker = true) as
select at, waiting, running, oldest_waiting_s, unanswered, oldest_unanswered_s, waiting_leads from nextnest.queue_samples;

do $$
declare
    one text;
begin
    for one in select 'public' union all select quote_ident(rolname) from pg_roles where rolname in ('anon', 'authenticated') loop
        execute 'revoke all on nextnest.hourly_traffic, nextnest.hourly_brokers, nextnest.hourly_handovers, nextnest.hourly_jobs,'
                ' nextnest.hourly_models, nextnest.hourly_guard, nextnest.queue_depth from ' || one;
    end loop;
end
$$;
