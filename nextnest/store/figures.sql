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
-- Histograms are added up class by class, which takes half the time of histogram_sum over thousands of hours.
with f as materialized (
    select date_bin(%(step)s, at, %(origin)s) as at, leads, refused_leads, customer_messages, replies, answered,
           response, deliberate, processing
    from (
        select hour as at, leads, refused_leads, customer_messages, replies, answered, response, deliberate, processing
        from rollup_traffic where hour >= %(since)s and hour < %(live)s
        union all
        select at, leads, refused_leads, customer_messages, replies, answered, response, deliberate, processing
        from traffic_per(%(grain)s, %(live)s, %(until)s)
    ) both_ages
), counts as (
    select at, sum(leads)::bigint as leads, sum(refused_leads)::bigint as refused_leads,
           sum(customer_messages)::bigint as customer_messages, sum(replies)::bigint as replies, sum(answered)::bigint as answered
    from f group by rollup (at) having count(*) > 0
), classes as (
    select at, class, sum(response) as response, sum(deliberate) as deliberate, sum(processing) as processing
    from (
        select at, unnest(response) as response, unnest(deliberate) as deliberate, unnest(processing) as processing,
               generate_series(1, greatest(cardinality(response), cardinality(deliberate), cardinality(processing))) as class
        from f
    ) opened group by 1, 2
), spans as (
    select at, array_agg(coalesce(response, 0)::bigint order by class) as response,
           array_agg(coalesce(deliberate, 0)::bigint order by class) as deliberate,
           array_agg(coalesce(processing, 0)::bigint order by class) as processing
    from (
        select at, class, response, deliberate, processing from classes
        union all
        select null, class, sum(response), sum(deliberate), sum(processing) from classes group by 2
    ) with_the_whole group by 1
)
select c.at, leads, refused_leads, customer_messages, replies, answered,
       histogram_quantile(response, 0.5) as response_p50_s, histogram_quantile(response, 0.95) as response_p95_s,
       histogram_quantile(response, 0.99) as response_p99_s,
       histogram_quantile(deliberate, 0.5) as deliberate_p50_s, histogram_quantile(deliberate, 0.95) as deliberate_p95_s,
       histogram_quantile(processing, 0.5) as processing_p50_s, histogram_quantile(processing, 0.95) as processing_p95_s
from counts c left join spans s on s.at is not distinct from c.at order by c.at nulls last;

-- brokers: What each broker did, all of them, over the whole span.
with f as materialized (
    select broker_id, conversations, first_responses, first_response, replies, handoffs, cost
    from rollup_brokers where hour >= %(since)s and hour < %(live)s
    union all
    select broker_id, conversations, first_responses, first_response, replies, handoffs, cost
    from brokers_per(interval '1 hour', %(live)s, %(until)s)
), counts as (
    select broker_id, sum(conversations)::bigint as conversations, sum(first_responses)::bigint as first_responses,
           sum(replies)::bigint as replies, sum(handoffs)::bigint as handoffs, sum(cost) as cost
    from f group by 1
), classes as (
    select broker_id, class, sum(times)::bigint as times
    from (
        select broker_id, unnest(first_response) as times, generate_subscripts(first_response, 1) as class from f offset 0
    ) opened
    where times > 0 group by 1, 2
), spans as (
    select broker_id, array_agg(coalesce(times, 0) order by class) as first_response
    from (select broker_id, generate_series(1, max(class)) as class from classes group by 1) every_class
    left join classes using (broker_id, class) group by 1
)
select b.id as broker_id, b.slug, b.name, coalesce(m.conversations, 0) as conversations, coalesce(m.first_responses, 0) as first_responses,
       histogram_quantile(s.first_response, 0.5) as first_response_p50_s,
       histogram_quantile(s.first_response, 0.95) as first_response_p95_s,
       coalesce(m.replies, 0) as replies, coalesce(m.handoffs, 0) as handoffs,
       m.handoffs::double precision / nullif(m.conversations, 0) as handoff_rate, coalesce(m.cost, 0) as cost
from ai_brokers b left join counts m on m.broker_id = b.id left join spans s on s.broker_id = b.id order by b.name;

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
