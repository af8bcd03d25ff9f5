-- head: What a conversation is now, with its customer, its broker and what it has cost.
select c.*, l.lead, b.name as broker, b.slug as broker_slug, coalesce(s.spent, 0) as spent,
       case when c.status = 'waiting' then
           (select w.position from waiting_leads w where w.conversation_id = c.conversation_id) end as position,
       (select count(*) from incoming_messages m
        where m.conversation_id = c.conversation_id and m.state = 'unanswered') as unanswered,
       (select count(*) from outgoing_messages o
        where o.conversation_id = c.conversation_id and o.state in ('planned', 'sending', 'unknown')) as unfinished,
       (select count(*) from procrastinate_jobs j
        where j.status = 'failed' and j.args ->> 'conversation_id' = c.conversation_id::text) as failed_jobs,
       exists (select from legacy_engagements e where e.conversation_id = c.conversation_id) as arriving,
       k.links, k.revoked_links
from broker_conversations c
left join leads l on l.id = c.lead_id
left join ai_brokers b on b.id = c.broker_id
left join conversation_spend s on s.conversation_id = c.conversation_id
cross join lateral (select count(*) filter (where k.link_revoked_at is null) as links,
                           count(k.link_revoked_at) as revoked_links
                    from leads k where k.conversation_id = c.conversation_id and k.state <> 'erased') k
where c.conversation_id = %(id)s;

-- story: Everything that happened in a conversation before a moment, newest first: when, what, and its facts.
-- Things of one commit have one time; `rank` puts them in the order in which they followed from each other.
select at, kind, rank, facts from (
    select l.received_at as at, 'lead' as kind, 1 as rank,
           jsonb_build_object('id', l.id, 'state', l.state, 'loan_type', l.loan_type, 'lead', l.lead, 'score', l.lead_score,
                              'points', l.lead_score_points, 'claimed', l.client_lead_score,
                              'opened_s', extract(epoch from l.opened_at - l.received_at)) as facts
    from leads l where l.conversation_id = %(id)s
    union all
    select c.created_at, 'opened', 2, jsonb_build_object('uses_queue', c.uses_queue, 'form', c.lead_id is not null)
    from broker_conversations c where c.conversation_id = %(id)s
    union all
    select c.assigned_at, 'matched', 6,
           jsonb_build_object('broker', b.name, 'method', c.assignment_method, 'reason', c.assignment_reason)
    from broker_conversations c join ai_brokers b on b.id = c.broker_id
    where c.conversation_id = %(id)s and c.assigned_at is not null
    union all
    select c.waiting_since, 'waiting', 6, '{}' from broker_conversations c
    where c.conversation_id = %(id)s and c.waiting_since is not null
    union all
    select c.taken_at, 'taken', 3, '{}' from broker_conversations c
    where c.conversation_id = %(id)s and c.taken_at is not null
    union all
    select c.handoff_at, 'handed off', 8, jsonb_build_object('reason', c.handoff_reason) from broker_conversations c
    where c.conversation_id = %(id)s and c.handoff_at is not null
    union all
    select c.resolved_at, 'resolved', 9, '{}' from broker_conversations c
    where c.conversation_id = %(id)s and c.resolved_at is not null
    union all
    select m.received_at, 'message', 3,
           jsonb_build_object('id', m.message_id, 'content', m.content, 'source', m.source, 'state', m.state,
                              'late_s', extract(epoch from m.received_at - m.sent_at),
                              'started_s', extract(epoch from m.started_at - m.received_at),
                              'replied_s', extract(epoch from m.replied_at - m.received_at),
                              'wait_s', m.deliberate_wait_s, 'job', m.settled_by_job)
    from incoming_messages m where m.conversation_id = %(id)s
    union all
    select coalesce(o.sent_at, o.sending_at, o.planned_at), 'effect', 7,
           jsonb_build_object('id', o.id, 'kind', o.kind, 'payload', o.payload, 'state', o.state, 'attempts', o.attempts,
                              'message_id', o.chatwoot_message_id, 'error', o.last_error, 'turn', o.turn, 'delay_s', o.delay_s,
                              'planned_s', extract(epoch from coalesce(o.sent_at, o.sending_at, now()) - o.planned_at),
                              'asked_s', extract(epoch from o.sent_at - o.sending_at))
    from outgoing_messages o where o.conversation_id = %(id)s
    union all
    select p.sent_at, 'person', 3, jsonb_build_object('id', p.message_id, 'content', p.content)
    from person_messages p where p.conversation_id = %(id)s
    union all
    select p.noted_at, 'command', 3, jsonb_build_object('id', p.message_id, 'command', p.command)
    from person_commands p where p.conversation_id = %(id)s
    union all
    select r.created_at, 'draft', 6, to_jsonb(r) - 'created_at' from ai_replies r where r.conversation_id = %(id)s
    union all
    select a.at, 'call', 5, to_jsonb(a) - 'at' from ai_calls a where a.conversation_id = %(id)s
    union all
    select t.created_at, 'tool', 5, to_jsonb(t) - 'created_at' from tool_runs t where t.conversation_id = %(id)s
    union all
    select h.created_at, 'brief', 6,
           jsonb_build_object('turn', h.turn, 'reason', h.reason, 'brief', h.brief, 'remind_at', h.remind_at)
    from handover_briefs h where h.conversation_id = %(id)s
    union all
    select h.reminded_at, 'reminded', 6, '{}' from handover_briefs h
    where h.conversation_id = %(id)s and h.reminded_at is not null
    union all
    select a.at, 'action', 2, to_jsonb(a) - 'at' from operator_actions a where a.conversation_id = %(id)s
    union all
    select w.received_at, 'webhook', 2, jsonb_build_object('id', w.id, 'event', w.event, 'status', w.status)
    from webhook_events w where w.conversation_id = %(id)s and w.status not in ('ignored', 'echo_skipped')
    union all
    select e.at, 'job', 4,
           jsonb_build_object('id', e.id, 'job', e.job_id, 'task', e.task_name, 'step', e.type,
                              'after_s', extract(epoch from e.at - e.before))
    from (select e.id, e.job_id, e.type, e.at, j.task_name,
                 lag(e.at) over (partition by e.job_id order by e.id) as before
          from procrastinate_jobs j join procrastinate_events e on e.job_id = j.id
          where j.args ? 'conversation_id' and j.args ->> 'conversation_id' = %(id)s::bigint::text) e
    where e.type <> 'succeeded'
      and (e.type <> 'failed' or not exists (select from job_outcomes o where o.job_id = e.job_id and o.outcome = 'failed'))
    union all
    select o.finished_at, 'outcome', 9,
           to_jsonb(o) || jsonb_build_object('run_s', extract(epoch from o.finished_at - o.started_at))
    from job_outcomes o where o.conversation_id = %(id)s
    union all
    select a.ended_at, 'attempt', 8,
           to_jsonb(a) || jsonb_build_object('run_s', extract(epoch from a.ended_at - a.started_at))
    from lost_attempts a where a.conversation_id = %(id)s
) everything
where at < %(before)s
order by at desc, rank desc limit %(most)s;

-- standing: What decides whether an operator may act on a conversation; locked until the transaction ends.
select c.status, c.held_by, c.chatwoot_status, c.uses_queue,
       (select max(m.message_id) from incoming_messages m
        where m.conversation_id = c.conversation_id and m.state = 'unanswered') as unanswered,
       exists (select from outgoing_messages o
               where o.conversation_id = c.conversation_id and o.state in ('planned', 'sending', 'unknown')) as unfinished,
       exists (select from ai_brokers b where c.conversation_id = any (b.active_conversations)) as holds_a_place
from broker_conversations c where c.conversation_id = %(id)s for no key update of c;

-- job_at_work: The job that runs for a conversation, else one that waits.
select j.id, j.task_name, j.status::text as status from procrastinate_jobs j
where j.lock = %(lock)s and j.status in ('todo', 'doing') order by j.status = 'doing' desc, j.id limit 1;
