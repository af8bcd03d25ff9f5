-- What people look at: brokers, the queue, who waits, what is unanswered, and whether capacity is true.
--
-- The names and columns here are a contract; columns may be added, never renamed. Every view runs with the rights of the
-- one who reads it (security_invoker), so a view opens no door that its tables keep shut.

create view nextnest.broker_metrics with (security_invoker = true) as
select b.id as broker_id, b.name, b.is_active, b.current_workload, b.max_concurrent_chats,
       count(c.conversation_id) as conversations,
       coalesce(sum(c.messages_exchanged), 0)::bigint as messages,
       count(c.handoff_at) as handoffs,
       coalesce(count(c.handoff_at)::double precision / nullif(count(c.conversation_id), 0), 0) as handoff_rate,
       percentile_cont(0.5) within group (order by extract(epoch from c.first_response_at - c.created_at)::double precision)
           as first_response_p50_s,
       percentile_cont(0.95) within group (order by extract(epoch from c.first_response_at - c.created_at)::double precision)
           as first_response_p95_s
from nextnest.ai_brokers b left join nextnest.broker_conversations c on c.broker_id = b.id
group by b.id;
comment on view nextnest.broker_metrics is 'One row per broker: load, volume, hand-overs, seconds from lead to first message.';

create view nextnest.queue_metrics with (security_invoker = true) as
select t.task_name, t.waiting, t.running, t.failed, t.oldest_waiting_s, r.run_p50_s, r.run_p95_s
from (
    select j.task_name,
           count(*) filter (where j.status = 'todo') as waiting,
           count(*) filter (where j.status = 'doing') as running,
           count(*) filter (where j.status = 'failed') as failed,
           extract(epoch from now() - min(coalesce(j.scheduled_at, e.at))
               filter (where j.status = 'todo'))::double precision as oldest_waiting_s
    from nextnest.procrastinate_jobs j
    left join nextnest.procrastinate_events e on e.job_id = j.id and e.type = 'deferred' and j.status = 'todo'
    group by j.task_name
) t
left join (
    select task_name,
           percentile_cont(0.5) within group (order by extract(epoch from finished_at - started_at)::double precision) as run_p50_s,
           percentile_cont(0.95) within group (order by extract(epoch from finished_at - started_at)::double precision) as run_p95_s
    from nextnest.job_outcomes where finished_at > now() - interval '24 hours' group by task_name
) r using (task_name);
comment on view nextnest.queue_metrics is 'One row per task: jobs by state, age of the oldest waiting, run times of the last 24 hours.';

create view nextnest.response_times with (security_invoker = true) as
select conversation_id, message_id, received_at, started_at, replied_at, deliberate_wait_s,
       extract(epoch from replied_at - received_at)::double precision - deliberate_wait_s as processing_s
from nextnest.incoming_messages where replied_at is not null;
comment on view nextnest.response_times is 'Per answered message, in seconds: what we waited on purpose and what the work took.';

create view nextnest.waiting_leads with (security_invoker = true) as
select conversation_id, row_number() over (order by waiting_since, conversation_id) as position, waiting_since, lead_score
from nextnest.broker_conversations where status = 'waiting';
comment on view nextnest.waiting_leads is 'Leads for whom nobody was free, in the order in which they will be served.';

create view nextnest.unanswered_messages with (security_invoker = true) as
select m.conversation_id, m.message_id, m.received_at,
       case
           when c.status = 'waiting' then 'waiting for a broker'
           when c.held_by = 'person' then 'a person has it'
           when exists (select from nextnest.procrastinate_jobs j
                        where j.lock = 'conversation-' || m.conversation_id and j.status = 'doing') then 'being answered'
           when exists (select from nextnest.procrastinate_jobs j
                        where j.lock = 'conversation-' || m.conversation_id and j.status = 'todo') then 'queued'
           else 'no job'
       end as reason
from nextnest.incoming_messages m join nextnest.broker_conversations c using (conversation_id)
where m.state = 'unanswered';
comment on view nextnest.unanswered_messages is 'Customer messages without an answer, and why. A row with reason "no job" is a fault.';

create view nextnest.handoffs with (security_invoker = true) as
select conversation_id, broker_id, handoff_at, handoff_reason
from nextnest.broker_conversations where handoff_at is not null;
comment on view nextnest.handoffs is 'Conversations that went to a person, when and why.';

create view nextnest.ai_usage with (security_invoker = true) as
select (created_at at time zone 'Asia/Singapore')::date as day, model, count(*) as calls,
       sum(input_tokens)::bigint as input_tokens, sum(output_tokens)::bigint as output_tokens,
       sum(total_tokens)::bigint as total_tokens, sum(cost) as cost
from nextnest.ai_replies group by 1, 2;
comment on view nextnest.ai_usage is 'Model calls, tokens and cost per Singapore day and model.';

create view nextnest.broker_capacity_drift with (security_invoker = true) as
select b.id as broker_id, b.name, b.active_conversations as held, coalesce(c.open, '{}') as open
from nextnest.ai_brokers b
left join (
    select broker_id, array_agg(conversation_id order by conversation_id) as open
    from nextnest.broker_conversations where status = 'active' group by broker_id
) c on c.broker_id = b.id
where (select coalesce(array_agg(x order by x), '{}') from unnest(b.active_conversations) x) is distinct from coalesce(c.open, '{}');
comment on view nextnest.broker_capacity_drift is 'Brokers whose list is not their open assignments. Must always be empty.';

create view nextnest.transcript with (security_invoker = true) as
select conversation_id, message_id, 'customer' as role, content, coalesce(sent_at, received_at) as at
from nextnest.incoming_messages
union all
select conversation_id, chatwoot_message_id, case when kind = 'activity' then 'system' else 'broker' end,
       payload ->> 'content', sent_at
from nextnest.outgoing_messages
where state = 'sent' and kind in ('activity', 'greeting', 'waiting_notice', 'reply', 'handoff_notice', 'failure_notice')
  and chatwoot_message_id is not null
union all
select conversation_id, message_id, 'person', content, sent_at from nextnest.person_messages;
comment on view nextnest.transcript is 'What customer, broker and person really said, by Chatwoot message id. Private notes never appear.';
