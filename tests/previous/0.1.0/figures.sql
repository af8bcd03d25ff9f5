-- live_since: From when on figures come straight from the facts: behind the newest hour added up, at most three hours ago.
-- `missing` are the hours before that which hold facts, perhaps, and were never added up.
with bounds as (
    select date_bin('1 hour', now(), 'epoch') - interval '3 hours' as latest,
           date_bin('1 hour', greatest(%(since)s::timestamptz, least(
               (select min(received_at) from leads), (select min(received_at) from incoming_messages),
               (select min(finished_at) from job_outcomes))), 'epoch') as first,
           exists (select from leads) or exists (select from incoming_messages) or exists (select from job_outcomes) as any_facts
)
select greatest(%(since)s::timestamptz, b.latest, (select max(hour) + interval '1 hour' from rollup_traffic)) as live,
       (select count(*) from generate_series(b.first, b.latest - interval '1 hour', interval '1 hour') h (hour)
        where b.any_facts and not exists (select from rollup_traffic t where t.hour = h.hour)) as missing
from bounds b;

-- traffic: Leads, messages, replies and how long answers took, per step; last the whole span, with an empty time.
with f as (
    select hour as at, leads, refused_leads, customer_messages, replies, answered, response, deliberate, processing
    from rollup_traffic where hour >= %(since)s and hour < %(live)s
    union all
    select at, leads, refused_leads, customer_messages, replies, answered, response, deliberate, processing
    from traffic_per(%(grain)s, %(live)s, %(until)s)
), steps as (
    select date_bin(%(step)s, at, %(origin)s) as at, sum(leads)::bigint as leads, sum(refused_leads)::bigint as refused_leads,
           sum(customer_messages)::bigint as customer_messages, sum(replies)::bigint as replies, sum(answered)::bigint as answered,
           histogram_sum(response) as response, histogram_sum(deliberate) as deliberate, histogram_sum(processing) as processing
    from f group by 1
), merged as (
    select * from steps
    union all
    select null, sum(leads)::bigint, sum(refused_leads)::bigint, sum(customer_messages)::bigint, sum(replies)::bigint,
           sum(answered)::bigint, histogram_sum(response), histogram_sum(deliberate), histogram_sum(processing)
    from steps having count(*) > 0
)
select at, leads, refused_leads, customer_messages, replies, answered,
       histogram_quantile(response, 0.5) as response_p50_s, histogram_quantile(response, 0.95) as response_p95_s,
       histogram_quantile(response, 0.99) as response_p99_s,
       histogram_quantile(deliberate, 0.5) as deliberate_p50_s, histogram_quantile(deliberate, 0.95) as deliberate_p95_s,
       histogram_quantile(processing, 0.5) as processing_p50_s, histogram_quantile(processing, 0.95) as processing_p95_s
from merged order by at nulls last;

-- brokers: What each broker did, all of them, over the whole span.
with f as (
    select broker_id, conversations, first_responses, first_response, replies, handoffs, cost
    from rollup_brokers where hour >= %(since)s and hour < %(live)s
    union all
    select broker_id, conversations, first_responses, first_response, replies, handoffs, cost
    from brokers_per(interval '1 hour', %(live)s, %(until)s)
), merged as (
    select broker_id, sum(conversations)::bigint as conversations, sum(first_responses)::bigint as first_responses,
           histogram_sum(first_response) as first_response, sum(replies)::bigint as replies, sum(handoffs)::bigint as handoffs,
           sum(cost) as cost
    from f group by 1
)
select b.id as broker_id, b.slug, b.name, coalesce(m.conversations, 0) as conversations, coalesce(m.first_responses, 0) as first_responses,
       histogram_quantile(m.first_response, 0.5) as first_response_p50_s,
       histogram_quantile(m.first_response, 0.95) as first_response_p95_s,
       coalesce(m.replies, 0) as replies, coalesce(m.handoffs, 0) as handoffs,
       m.handoffs::double precision / nullif(m.conversations, 0) as handoff_rate, coalesce(m.cost, 0) as cost
from ai_brokers b left join merged m on m.broker_id = b.id order by b.name;

-- handovers: Conversations that went to a person, by reason, per step.
with f as (
    select hour as at, reason, handovers from rollup_handovers where hour >= %(since)s and hour < %(live)s
    union all
    select at, reason, handovers from handovers_per(%(grain)s, %(live)s, %(until)s)
)
select date_bin(%(step)s, at, %(origin)s) as at, reason, sum(handovers)::bigint as handovers
from f group by 1, 2 order by 1, 2;

-- jobs: Jobs by task, per step; run times by hour are in the view hourly_jobs.
with f as (
    select hour as at, task_name, ended, failed, put_back from rollup_jobs where hour >= %(since)s and hour < %(live)s
    union all
    select at, task_name, ended, failed, put_back from jobs_per(%(grain)s, %(live)s, %(until)s)
)
select date_bin(%(step)s, at, %(origin)s) as at, task_name, sum(ended)::bigint as ended, sum(failed)::bigint as failed,
       sum(put_back)::bigint as put_back
from f group by 1, 2 order by 1, 2;

-- models: Calls of each model, per step.
with f as (
    select hour as at, model, calls, failed, input_tokens, cached_tokens, output_tokens, cost, latency
    from rollup_models where hour >= %(since)s and hour < %(live)s
    union all
    select at, model, calls, failed, input_tokens, cached_tokens, output_tokens, cost, latency
    from models_per(%(grain)s, %(live)s, %(until)s)
), merged as (
    select date_bin(%(step)s, at, %(origin)s) as at, model, sum(calls)::bigint as calls, sum(failed)::bigint as failed,
           sum(input_tokens)::bigint as input_tokens, sum(cached_tokens)::bigint as cached_tokens,
           sum(output_tokens)::bigint as output_tokens, sum(cost) as cost, histogram_sum(latency) as latency
    from f group by 1, 2
)
select at, model, calls, failed, input_tokens, cached_tokens, output_tokens, cost,
       histogram_quantile(latency, 0.5) as latency_p50_s, histogram_quantile(latency, 0.95) as latency_p95_s
from merged order by at, model;

-- guard: Drafts by what the guard said, over the whole span, most frequent first.
with f as (
    select rule, drafts from rollup_guard where hour >= %(since)s and hour < %(live)s
    union all
    select rule, drafts from guard_per(interval '1 hour', %(live)s, %(until)s)
)
select rule, sum(drafts)::bigint as drafts from f group by 1 order by 2 desc, 1;

-- waiting: What waited, per step: the largest of the minute's samples.
select date_bin(%(step)s, at, %(origin)s) as at, max(waiting) as waiting, max(running) as running,
       max(oldest_waiting_s) as oldest_waiting_s, max(unanswered) as unanswered,
       max(oldest_unanswered_s) as oldest_unanswered_s, max(waiting_leads) as waiting_leads
from queue_samples where at >= %(since)s and at < %(until)s group by 1 order by 1;
