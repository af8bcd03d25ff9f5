-- old_leads: Accepted forms older than this, oldest first, from a place in the list on.
select id, received_at from leads
where state not in ('rejected', 'erased') and received_at < %(before)s
  and (received_at, id) > (%(after_at)s::timestamptz, %(after_id)s::uuid)
order by received_at, id limit %(most)s;

-- old_conversations: Conversations without a form, older than this and with something said since they were last erased.
select c.conversation_id from broker_conversations c
where c.lead_id is null and c.created_at < %(before)s and c.conversation_id > %(after)s
  and (c.erased_at is null or c.last_message_at > c.erased_at
       or exists (select from incoming_messages m where m.conversation_id = c.conversation_id and m.content <> ''))
order by c.conversation_id limit %(most)s;

-- old_refused: Refused forms older than this.
select id from leads where state = 'rejected' and received_at < %(before)s order by received_at limit %(most)s;

-- forget_jobs: Drop jobs that ended before this (failed ones before the other moment) but those somebody holds; their events go along.
with old as (
    select j.id from procrastinate_jobs j
    where j.status in ('succeeded', 'failed', 'aborted', 'cancelled')
      and j.id < coalesce((select o.job_id from job_outcomes o where o.finished_at >= %(before)s
                           order by o.finished_at, o.job_id desc limit 1), 9223372036854775807)
      and not exists (select from procrastinate_events e where e.job_id = j.id and e.at >=
                      case j.status when 'failed' then %(failed_before)s::timestamptz else %(before)s end)
    order by j.id limit %(most)s for update skip locked
)
delete from procrastinate_jobs j using old where j.id = old.id;

-- forget_outcomes: Drop what jobs did before this but what somebody holds; the views look back a day.
with old as (
    select job_id, attempt from job_outcomes where finished_at < %(before)s
    order by finished_at limit %(most)s for update skip locked
)
delete from job_outcomes o using old where (o.job_id, o.attempt) = (old.job_id, old.attempt);
