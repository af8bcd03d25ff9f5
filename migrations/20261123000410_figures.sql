-- Figures per minute, hour or any other step, straight from the facts.
--
-- Each figure is defined once, here: the roll-up asks for an hour, the console for the minutes and for the hour that is not
-- over, and anybody at a prompt for what they like. Each function reads a stretch of time by an index.

create index leads_by_time on nextnest.leads (received_at);
create index incoming_messages_by_time on nextnest.incoming_messages (received_at);
create index incoming_messages_by_reply on nextnest.incoming_messages (replied_at) where replied_at is not null;
create index outgoing_replies_by_time on nextnest.outgoing_messages (sent_at) where kind = 'reply' and state = 'sent';
create index broker_conversations_by_assignment on nextnest.broker_conversations (assigned_at) where assigned_at is not null;
create index broker_conversations_by_first_response on nextnest.broker_conversations (first_response_at)
    where first_response_at is not null;
create index broker_conversations_by_handoff on nextnest.broker_conversations (handoff_at) where handoff_at is not null;
create index job_outcomes_by_time on nextnest.job_outcomes (finished_at);
create index ai_calls_by_time on nextnest.ai_calls (at);
create index ai_calls_by_day on nextnest.ai_calls (day);
create index ai_replies_by_time on nextnest.ai_replies (created_at);
create index procrastinate_events_of_failures on nextnest.procrastinate_events (at)
    where type in ('failed', 'deferred_for_retry');

-- One row per step. A time of day does not begin a step of its own: steps are counted from midnight UTC.
create function nextnest.traffic_per(step interval, since timestamptz, until timestamptz)
    returns table (at timestamptz, leads bigint, refused_leads bigint, customer_messages bigint, replies bigint,
                   answered bigint, response int[], deliberate int[], processing int[])
    language sql stable parallel safe
as $$
    select f.at, sum(f.leads)::bigint, sum(f.refused_leads)::bigint, sum(f.customer_messages)::bigint, sum(f.replies)::bigint,
           sum(f.answered)::bigint, coalesce(max(f.response), '{}'), coalesce(max(f.deliberate), '{}'), coalesce(max(f.processing), '{}')
    from (
        select date_bin(step, l.received_at, 'epoch') as at, count(*) filter (where not r.refused) as leads,
               count(*) filter (where r.refused) as refused_leads, 0 as customer_messages, 0 as replies,
               0 as answered, null::int[] as response, null::int[] as deliberate, null::int[] as processing
        from nextnest.leads l,
             lateral (select l.state = 'rejected' or (l.state = 'erased' and l.loan_type is null) as refused) r
        where l.received_at >= since and l.received_at < until group by 1
        union all
        select date_bin(step, m.received_at, 'epoch'), 0, 0, count(*), 0, 0, null, null, null
        from nextnest.incoming_messages m where m.received_at >= since and m.received_at < until group by 1
        union all
        select date_bin(step, o.sent_at, 'epoch'), 0, 0, 0, count(*), 0, null, null, null
        from nextnest.outgoing_messages o
        where o.kind = 'reply' and o.state = 'sent' and o.sent_at >= since and o.sent_at < until group by 1
        union all
        select date_bin(step, r.replied_at, 'epoch'), 0, 0, 0, 0, count(*), nextnest.histogram(array_agg(r.response_s)),
               nextnest.histogram(array_agg(r.deliberate_s)), nextnest.histogram(array_agg(r.response_s - r.deliberate_s))
        from (
            select m.replied_at, t.response_s, least(m.deliberate_wait_s, t.response_s) as deliberate_s
            from nextnest.incoming_messages m,
                 lateral (select greatest(extract(epoch from m.replied_at - m.received_at), 0)::double precision as response_s) t
            where m.replied_at >= since and m.replied_at < until
        ) r group by 1
    ) f group by 1
$$;
comment on function nextnest.traffic_per(interval, timestamptz, timestamptz) is
    'Leads, customers'' messages, replies and how long answers took, per step, straight from the facts. Columns as in rollup_traffic.';

create function nextnest.brokers_per(step interval, since timestamptz, until timestamptz)
    returns table (at timestamptz, broker_id uuid, conversations bigint, first_responses bigint, first_response int[],
                   replies bigint, handoffs bigint, cost numeric)
    language sql stable parallel safe
as $$
    select f.at, f.broker_id, sum(f.conversations)::bigint, sum(f.first_responses)::bigint, coalesce(max(f.first_response), '{}'),
           sum(f.replies)::bigint, sum(f.handoffs)::bigint, sum(f.cost)
    from (
        select date_bin(step, c.assigned_at, 'epoch') as at, c.broker_id, count(*) as conversations, 0 as first_responses,
               null::int[] as first_response, 0 as replies, 0 as handoffs, 0::numeric as cost
        from nextnest.broker_conversations c where c.assigned_at >= since and c.assigned_at < until group by 1, 2
        union all
        select date_bin(step, c.first_response_at, 'epoch'), c.broker_id, 0, count(*), nextnest.histogram(array_agg(
                   greatest(extract(epoch from c.first_response_at - least(c.created_at, l.received_at)), 0)::double precision)), 0, 0, 0
        from nextnest.broker_conversations c left join nextnest.leads l on l.id = c.lead_id
        where c.first_response_at >= since and c.first_response_at < until group by 1, 2
        union all
        select date_bin(step, o.sent_at, 'epoch'), c.broker_id, 0, 0, null, count(*), 0, 0
        from nextnest.outgoing_messages o join nextnest.broker_conversations c using (conversation_id)
        where o.kind = 'reply' and o.state = 'sent' and o.sent_at >= since and o.sent_at < until group by 1, 2
        union all
        select date_bin(step, c.handoff_at, 'epoch'), c.broker_id, 0, 0, null, 0, count(*), 0
        from nextnest.broker_conversations c where c.handoff_at >= since and c.handoff_at < until group by 1, 2
        union all
        select date_bin(step, a.at, 'epoch'), c.broker_id, 0, 0, null, 0, 0, sum(a.cost)
        from nextnest.ai_calls a join nextnest.broker_conversations c using (conversation_id)
        where a.at >= since and a.at < until group by 1, 2
    ) f where f.broker_id is not null group by 1, 2
$$;
comment on function nextnest.brokers_per(interval, timestamptz, timestamptz) is
    'What each broker did, per step, straight from the facts. Columns as in rollup_brokers.';

create function nextnest.handovers_per(step interval, since timestamptz, until timestamptz)
    returns table (at timestamptz, reason text, handovers bigint)
    language sql stable parallel safe
as $$
    select date_bin(step, c.handoff_at, 'epoch'), c.handoff_reason, count(*)
    from nextnest.broker_conversations c
    where c.handoff_at >= since and c.handoff_at < until and c.handoff_reason is not null group by 1, 2
$$;
comment on function nextnest.handovers_per(interval, timestamptz, timestamptz) is
    'Conversations that went to a person for the first time, by reason, per step.';

create function nextnest.jobs_per(step interval, since timestamptz, until timestamptz)
    returns table (at timestamptz, task_name text, ended bigint, failed bigint, put_back bigint, run int[])
    language sql stable parallel safe
as $$
    select f.at, f.task_name, sum(f.ended)::bigint, sum(f.failed)::bigint, sum(f.put_back)::bigint, coalesce(max(f.run), '{}')
    from (
        select date_bin(step, o.finished_at, 'epoch') as at, o.task_name, count(*) as ended, 0 as failed, 0 as put_back,
               nextnest.histogram(array_agg(extract(epoch from o.finished_at - o.started_at)::double precision)) as run
        from nextnest.job_outcomes o where o.finished_at >= since and o.finished_at < until group by 1, 2
        union all
        select date_bin(step, e.at, 'epoch'), j.task_name, 0, count(*) filter (where e.type = 'failed'),
               count(*) filter (where e.type = 'deferred_for_retry'), null
        from nextnest.procrastinate_events e join nextnest.procrastinate_jobs j on j.id = e.job_id
        where e.type in ('failed', 'deferred_for_retry') and e.at >= since and e.at < until group by 1, 2
    ) f group by 1, 2
$$;
comment on function nextnest.jobs_per(interval, timestamptz, timestamptz) is
    'Jobs that ended, failed or went back to the queue, by task, per step. Columns as in rollup_jobs.';

create function nextnest.models_per(step interval, since timestamptz, until timestamptz)
    returns table (at timestamptz, model text, calls bigint, failed bigint, input_tokens bigint, cached_tokens bigint,
                   output_tokens bigint, cost numeric, latency int[])
    language sql stable parallel safe
as $$
    select date_bin(step, a.at, 'epoch'), a.model, count(*), count(*) filter (where a.outcome = 'failed'),
           sum(a.input_tokens)::bigint, sum(a.cached_tokens)::bigint, sum(a.output_tokens)::bigint, sum(a.cost),
           nextnest.histogram(array_agg(a.latency_s) filter (where a.outcome = 'answered'))
    from nextnest.ai_calls a where a.at >= since and a.at < until group by 1, 2
$$;
comment on function nextnest.models_per(interval, timestamptz, timestamptz) is
    'Calls of each model with tokens, cost and latency, per step. Columns as in rollup_models.';

create function nextnest.guard_per(step interval, since timestamptz, until timestamptz)
    returns table (at timestamptz, rule text, drafts bigint)
    language sql stable parallel safe
as $$
    select date_bin(step, r.created_at, 'epoch'), coalesce(b.rule, 'passed'), count(*)
    from nextnest.ai_replies r
    left join lateral (select distinct rule from jsonb_array_elements_text(r.verdict -> 'broken') as broken (rule)) b on true
    where r.verdict is not null and r.created_at >= since and r.created_at < until group by 1, 2
$$;
comment on function nextnest.guard_per(interval, timestamptz, timestamptz) is
    'Drafts by what the guard said, per step: those that passed, and those that broke each rule.';

do $$
declare
    one text;
begin
    for one in select 'public' union all select quote_ident(rolname) from pg_roles where rolname in ('anon', 'authenticated') loop
        execute 'revoke all on function nextnest.traffic_per(interval, timestamptz, timestamptz), '
                'nextnest.brokers_per(interval, timestamptz, timestamptz), '
                'nextnest.handovers_per(interval, timestamptz, timestamptz), '
                'nextnest.jobs_per(interval, timestamptz, timestamptz), '
                'nextnest.models_per(interval, timestamptz, timestamptz), '
                'nextnest.guard_per(interval, timestamptz, timestamptz) from ' || one;
    end loop;
end
$$;
