-- due_hours: Hours to add up, newest first: those never added up, and each again whenever its age has doubled, for three days.
-- Ages count from the end of the hour. It begins with the oldest fact.
with bounds as (
    select date_bin('1 hour', least((select min(received_at) from leads), (select min(received_at) from incoming_messages),
                                    (select min(finished_at) from job_outcomes)), 'epoch') as first,
           date_bin('1 hour', now(), 'epoch') - interval '1 hour' as last
)
select h.hour
from bounds, generate_series(bounds.first, bounds.last, interval '1 hour') h (hour)
left join rollup_traffic t on t.hour = h.hour
where t.hour is null
   or (h.hour > bounds.last - interval '72 hours'
       and now() - h.hour - interval '1 hour' >= 2 * (t.rolled_at - h.hour - interval '1 hour'))
order by h.hour desc limit %(most)s;

-- roll_traffic: Add up an hour's leads, messages and response times. It comes first: whoever else adds up the hour waits here.
insert into rollup_traffic (hour, leads, refused_leads, customer_messages, replies, answered, response, deliberate, processing)
select %(hour)s, coalesce(f.leads, 0), coalesce(f.refused_leads, 0), coalesce(f.customer_messages, 0), coalesce(f.replies, 0),
       coalesce(f.answered, 0), coalesce(f.response, '{}'), coalesce(f.deliberate, '{}'), coalesce(f.processing, '{}')
from (select) one left join traffic_per(interval '1 hour', %(hour)s, %(hour)s::timestamptz + interval '1 hour') f on true
on conflict (hour) do update
set (leads, refused_leads, customer_messages, replies, answered, response, deliberate, processing, rolled_at)
    = row (excluded.leads, excluded.refused_leads, excluded.customer_messages, excluded.replies, excluded.answered,
           excluded.response, excluded.deliberate, excluded.processing, now());

-- forget_labels: What an hour had by broker, reason, model and rule is about to be written anew; some labels may be gone.
with brokers as (delete from rollup_brokers where hour = %(hour)s),
     handovers as (delete from rollup_handovers where hour = %(hour)s),
     models as (delete from rollup_models where hour = %(hour)s)
delete from rollup_guard where hour = %(hour)s;

-- roll_brokers: Add up an hour by broker.
insert into rollup_brokers (hour, broker_id, conversations, first_responses, first_response, replies, handoffs, cost)
select at, broker_id, conversations, first_responses, first_response, replies, handoffs, cost
from brokers_per(interval '1 hour', %(hour)s, %(hour)s::timestamptz + interval '1 hour');

-- roll_handovers: Add up an hour's hand-overs by reason.
insert into rollup_handovers (hour, reason, handovers)
select at, reason, handovers from handovers_per(interval '1 hour', %(hour)s, %(hour)s::timestamptz + interval '1 hour');

-- roll_jobs: Add up an hour's jobs by task. The rows of upkeep's own jobs go after an hour: their failures are kept.
insert into rollup_jobs as known (hour, task_name, ended, failed, put_back, run)
select at, task_name, ended, failed, put_back, run
from jobs_per(interval '1 hour', %(hour)s, %(hour)s::timestamptz + interval '1 hour')
on conflict (hour, task_name) do update
set ended = greatest(known.ended, excluded.ended), failed = greatest(known.failed, excluded.failed),
    put_back = greatest(known.put_back, excluded.put_back),
    run = case when excluded.ended >= known.ended then excluded.run else known.run end;

-- roll_models: Add up an hour's calls by model.
insert into rollup_models (hour, model, calls, failed, input_tokens, cached_tokens, output_tokens, cost, latency)
select at, model, calls, failed, input_tokens, cached_tokens, output_tokens, cost, latency
from models_per(interval '1 hour', %(hour)s, %(hour)s::timestamptz + interval '1 hour');

-- roll_guard: Add up an hour's verdicts.
insert into rollup_guard (hour, rule, drafts)
select at, rule, drafts from guard_per(interval '1 hour', %(hour)s, %(hour)s::timestamptz + interval '1 hour');

-- take_sample: Write down what waits now, once a minute whoever does it.
-- Among jobs without a due time the first id is the oldest; a job that is due later does not wait yet.
insert into queue_samples (at, waiting, running, oldest_waiting_s, unanswered, oldest_unanswered_s, waiting_leads)
select date_bin('1 minute', now(), 'epoch'),
       (select count(*) from procrastinate_jobs where status = 'todo' and (scheduled_at is null or scheduled_at <= now())),
       (select count(*) from procrastinate_jobs where status = 'doing'),
       extract(epoch from now() - least(
           (select min(e.at) from procrastinate_events e
            where e.job_id = (select min(id) from procrastinate_jobs where status = 'todo' and scheduled_at is null)
              and e.type = 'deferred'),
           (select min(scheduled_at) from procrastinate_jobs where status = 'todo' and scheduled_at <= now()))),
       m.unanswered, extract(epoch from now() - m.oldest),
       (select count(*) from broker_conversations where status = 'waiting')
from (select count(*) as unanswered, min(received_at) as oldest from incoming_messages where state = 'unanswered') m
on conflict (at) do nothing;

-- forget_samples: Drop samples that no chart shows any more.
delete from queue_samples
where at in (select at from queue_samples where at < now() - make_interval(days => %(days)s) order by at limit %(most)s);
