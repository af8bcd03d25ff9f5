-- hold_job: Prove that this attempt owns its job, and let nobody take it away until the transaction ends.
select id from procrastinate_jobs
where id = %(job_id)s and coalesce(status = 'doing', false) and attempts = %(attempt)s and worker_id = %(worker_id)s
for no key update;

-- postpone_job: Put a job back without counting the attempt, only for the attempt and worker that own it.
-- A twin that waits already does the work, and two cannot wait: then this one ends.
update procrastinate_jobs j
set status = case when abort_requested then 'failed' when twin.waits then 'aborted' else 'todo' end::procrastinate_job_status,
    scheduled_at = %(until)s, worker_id = null
from (select exists (select from procrastinate_jobs other join procrastinate_jobs mine using (queueing_lock)
                    where mine.id = %(job_id)s and coalesce(other.status = 'todo', false)) as waits) twin
where id = %(job_id)s and coalesce(status = 'doing', false) and attempts = %(attempt)s and worker_id = %(worker_id)s;

-- complete_job: Close a job as succeeded and write what it did, only for the attempt and worker that own it; wake the next of its lock.
-- Procrastinate wakes nobody when a lock frees; without the notification the next message would wait for a poll.
with done as (
    update procrastinate_jobs
    set status = 'succeeded', attempts = attempts + 1, abort_requested = false
    where id = %(job_id)s and coalesce(status = 'doing', false) and attempts = %(attempt)s and worker_id = %(worker_id)s
    returning id, lock
), recorded as (
    insert into job_outcomes (job_id, attempt, task_name, conversation_id, worker_id, outcome, detail, started_at,
                              deliberate_wait_s)
    select id, %(attempt)s, %(task_name)s, %(conversation_id)s, %(worker_id)s, %(outcome)s, %(detail)s,
           to_timestamp(%(started_at)s), %(deliberate_wait_s)s
    from done
), next as (
    select j.id, j.queue_name
    from procrastinate_jobs j join done on j.lock = done.lock
    where coalesce(j.status in ('todo', 'doing'), false) and coalesce(j.status = 'todo', false)
    order by j.priority desc, j.id limit 1
), woken as (
    select pg_notify('procrastinate_queue_v1#' || queue_name, note), pg_notify('procrastinate_any_queue_v1', note)
    from (select queue_name, json_build_object('type', 'job_inserted', 'job_id', id)::text as note from next) n
)
select (select count(*) from done) as completed, (select count(*) from woken) as woken;

-- finish_job: End a job in the given state, only for the attempt and worker that own it; deletes the row when asked to.
with owned as (
    select id, lock from procrastinate_jobs
    where id = %(job_id)s and coalesce(status = 'doing', false) and attempts = %(attempt)s and worker_id = %(worker_id)s
    for update
), ended as (
    update procrastinate_jobs j
    set status = %(status)s::procrastinate_job_status, attempts = attempts + 1, abort_requested = false
    from owned where j.id = owned.id and not %(delete_job)s
    returning j.id
), deleted as (
    delete from procrastinate_jobs j
    using owned where j.id = owned.id and %(delete_job)s
    returning j.id
), next as (
    select j.id, j.queue_name from procrastinate_jobs j join owned on j.lock = owned.lock
    where coalesce(j.status in ('todo', 'doing'), false) and coalesce(j.status = 'todo', false)
    order by j.priority desc, j.id limit 1
), woken as (
    select pg_notify('procrastinate_queue_v1#' || queue_name, note), pg_notify('procrastinate_any_queue_v1', note)
    from (select queue_name, json_build_object('type', 'job_inserted', 'job_id', id)::text as note from next) n
)
select (select count(*) from ended) + (select count(*) from deleted) as ended, (select count(*) from woken) as woken;

-- retry_job: Put a job back into the queue for another attempt, only for the attempt and worker that own it.
update procrastinate_jobs
set status = case when abort_requested then 'failed' else 'todo' end::procrastinate_job_status,
    attempts = attempts + 1, scheduled_at = %(retry_at)s,
    priority = coalesce(%(priority)s, priority), queue_name = coalesce(%(queue)s, queue_name), lock = coalesce(%(lock)s, lock)
where id = %(job_id)s and coalesce(status = 'doing', false) and attempts = %(attempt)s and worker_id = %(worker_id)s;

-- record_outcome: Write what a job did, in the transaction that ends it.
insert into job_outcomes (job_id, attempt, task_name, conversation_id, worker_id, outcome, detail, started_at, deliberate_wait_s)
values (%(job_id)s, %(attempt)s, %(task_name)s, %(conversation_id)s, %(worker_id)s, %(outcome)s, %(detail)s,
        to_timestamp(%(started_at)s), %(deliberate_wait_s)s);

-- stalled_jobs: Running jobs whose worker has not been heard of for a while.
select j.id, j.attempts, j.worker_id, j.task_name, j.args, j.queueing_lock
from procrastinate_jobs j left join procrastinate_workers w on w.id = j.worker_id
where j.status = 'doing'
  and (w.id is null or w.last_heartbeat < now() - make_interval(secs => %(silent_s)s))
order by j.id;

-- rescue_job: Put a dead worker's job back, if that worker still owns it; it counts as an attempt.
-- A twin that waits already does the work, and two cannot wait: then this one ends.
update procrastinate_jobs j
set status = case when twin.waits then 'aborted' else 'todo' end::procrastinate_job_status, attempts = attempts + 1,
    scheduled_at = now() + make_interval(secs => %(delay_s)s), worker_id = null
from (select exists (select from procrastinate_jobs other join procrastinate_jobs mine using (queueing_lock)
                    where mine.id = %(job_id)s and coalesce(other.status = 'todo', false)) as waits) twin
where id = %(job_id)s and coalesce(status = 'doing', false) and attempts = %(attempt)s and worker_id is not distinct from %(worker_id)s;

-- bury_job: Fail a dead worker's job for good, if that worker still owns it.
update procrastinate_jobs
set status = 'failed', attempts = attempts + 1
where id = %(job_id)s and coalesce(status = 'doing', false) and attempts = %(attempt)s and worker_id is not distinct from %(worker_id)s;

-- forget_upkeep: Drop finished jobs of upkeep itself but those somebody holds; they run every few seconds and say nothing afterwards.
with old as (
    select j.id from procrastinate_jobs j
    where j.queueing_lock = j.task_name and j.status in ('succeeded', 'failed', 'aborted')
      and j.task_name = any (%(tasks)s)
      and exists (select from procrastinate_events e
                  where e.job_id = j.id and e.type in ('succeeded', 'failed', 'aborted')
                    and e.at < now() - make_interval(secs => %(older_than_s)s))
    order by j.id limit 1000 for update skip locked
)
delete from procrastinate_jobs j using old where j.id = old.id;
