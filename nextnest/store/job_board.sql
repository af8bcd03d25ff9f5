-- live_jobs: Jobs that wait, are due later or run, of some task, queue or conversation, first things first.
select j.id, j.task_name, j.queue_name, j.lock, j.status::text, j.attempts, j.scheduled_at, j.worker_id, j.abort_requested,
       (select min(e.at) from procrastinate_events e where e.job_id = j.id and e.type = 'deferred') as deferred_at,
       (select max(e.at) from procrastinate_events e where e.job_id = j.id and e.type = 'started') as started_at
from procrastinate_jobs j
where j.status = %(status)s::procrastinate_job_status
  and (%(status)s <> 'todo' or (j.scheduled_at is not null and j.scheduled_at > now()) = %(later)s)
  and (%(task)s::text is null or j.task_name = %(task)s)
  and (%(queue)s::text is null or j.queue_name = %(queue)s)
  and (%(conversation_id)s::text is null or j.args ->> 'conversation_id' = %(conversation_id)s)
  and (%(older_than_s)s::double precision is null
       or exists (select from procrastinate_events e where e.job_id = j.id and e.type = 'deferred'
                                                       and e.at < now() - make_interval(secs => %(older_than_s)s)))
  and (%(before)s::bigint is null or j.id > %(before)s)
order by j.id limit %(most)s;

-- ended_jobs: Jobs that have ended in this way, newest first. What went well is looked for among the newest so many alone.
select j.id, j.task_name, j.queue_name, j.lock, j.status::text, j.attempts, j.scheduled_at, j.worker_id, j.abort_requested,
       (select min(e.at) from procrastinate_events e where e.job_id = j.id and e.type = 'deferred') as deferred_at,
       (select max(e.at) from procrastinate_events e where e.job_id = j.id) as ended_at,
       coalesce((select a.error from lost_attempts a where a.job_id = j.id order by a.id desc limit 1),
                (select o.detail from job_outcomes o where o.job_id = j.id order by o.attempt desc limit 1)) as error
from procrastinate_jobs j
where j.status = %(status)s::procrastinate_job_status
  and (%(status)s <> 'succeeded' or j.id > (select max(id) from procrastinate_jobs) - %(looked_at)s)
  and (%(task)s::text is null or j.task_name = %(task)s)
  and (%(queue)s::text is null or j.queue_name = %(queue)s)
  and (%(conversation_id)s::text is null or j.args ->> 'conversation_id' = %(conversation_id)s)
  and (%(older_than_s)s::double precision is null
       or exists (select from procrastinate_events e where e.job_id = j.id and e.type = 'deferred'
                                                       and e.at < now() - make_interval(secs => %(older_than_s)s)))
  and (%(before)s::bigint is null or j.id < %(before)s)
order by j.id desc limit %(most)s;

-- counts: How many jobs wait, are due later, run or have failed; each is counted up to a bound.
select (select count(*) from (select from procrastinate_jobs where status = 'todo' and scheduled_at is null limit %(most)s) a)
       + (select count(*) from (select from procrastinate_jobs where status = 'todo' and scheduled_at <= now() limit %(most)s) a) as waiting,
       (select count(*) from (select from procrastinate_jobs where status = 'todo' and scheduled_at > now() limit %(most)s) a) as scheduled,
       (select count(*) from (select from procrastinate_jobs where status = 'doing' limit %(most)s) a) as running,
       (select count(*) from (select from procrastinate_jobs where status = 'failed' limit %(most)s) a) as failed;

-- job: One job, with its worker's last sign and what came before it in its lock.
select j.id, j.task_name, j.queue_name, j.priority, j.lock, j.queueing_lock, j.args, j.status::text, j.attempts, j.scheduled_at,
       j.worker_id, j.abort_requested, w.last_heartbeat,
       (select other.id from procrastinate_jobs other
        where other.lock = j.lock and other.id <> j.id and j.status = 'todo'
          and (other.status = 'doing' or (other.status = 'todo' and (other.priority, -other.id) > (j.priority, -j.id)))
        order by other.status = 'doing' desc, other.priority desc, other.id limit 1) as behind,
       exists (select from paused_tasks p where p.task_name = j.task_name) as paused,
       (select b.state = 'open' from circuit_breakers b where b.name = 'chatwoot') as chatwoot_away
from procrastinate_jobs j left join procrastinate_workers w on w.id = j.worker_id
where j.id = %(job_id)s;

-- steps: Everything that happened to a job: what the queue noted, what people did, the attempts that were lost, what it did in the end.
select at, what, detail from (
    select e.at, 1 as rank, e.id, e.type::text as what, '{}'::jsonb as detail from procrastinate_events e where e.job_id = %(job_id)s
    union all
    select a.at, 0, a.id, 'act', jsonb_build_object('operator', a.operator, 'action', a.action)
    from operator_actions a where a.target = 'job ' || %(job_id)s::bigint
    union all
    select a.ended_at, 2, a.id, 'attempt lost',
           jsonb_build_object('attempt', a.attempt, 'reason', a.reason, 'error', a.error, 'frames', to_jsonb(a.frames),
                              'worker', a.worker_id)
    from lost_attempts a where a.job_id = %(job_id)s
    union all
    select o.finished_at, 3, o.attempt, 'outcome',
           jsonb_build_object('attempt', o.attempt, 'outcome', o.outcome, 'detail', o.detail, 'worker', o.worker_id,
                              'waited_s', o.deliberate_wait_s)
    from job_outcomes o where o.job_id = %(job_id)s
) all_of_it order by at, rank, id limit %(most)s;

-- blocking: Locks with jobs that wait behind another, of the oldest so many that wait: how many, since when, and behind which.
select l.lock, l.waiting - (d.id is null)::int as behind, coalesce(d.id, l.first) as holder, d.id is not null as running,
       (select min(e.at) from procrastinate_events e where e.job_id = l.first and e.type = 'deferred') as since
from (
    select w.lock, count(*) as waiting, min(w.id) as first
    from (select id, lock from procrastinate_jobs where status = 'todo' and lock is not null
          order by priority desc, id limit %(looked_at)s) w
    group by w.lock
) l
left join procrastinate_jobs d on d.lock = l.lock and d.status = 'doing'
where l.waiting > 1 or d.id is not null
order by l.first limit %(most)s;

-- workers: Who works, or has not been heard of, and on how many jobs.
select w.id, w.last_heartbeat, extract(epoch from now() - w.last_heartbeat)::double precision as silent_s,
       (select count(*) from procrastinate_jobs j where j.worker_id = w.id and j.status = 'doing') as running,
       (select min(began) from (
            select max(e.at) as began from procrastinate_jobs j join procrastinate_events e on e.job_id = j.id and e.type = 'started'
            where j.worker_id = w.id and j.status = 'doing' group by j.id) b) as since
from procrastinate_workers w order by w.id desc limit %(most)s;

-- about: The state of jobs and the conversations they are about.
select id, status::text, (args ->> 'conversation_id')::bigint as conversation_id from procrastinate_jobs where id = any (%(job_ids)s);

-- paused: Which tasks are paused, since when and by whom.
select task_name, paused_at, operator from paused_tasks order by task_name;

-- by_the_clock: Each task that runs by the clock: when it was due last, and what became of the job.
select d.task_name, to_timestamp(d.defer_timestamp) as due_at, d.job_id, j.status::text
from (select distinct on (task_name) task_name, defer_timestamp, job_id from procrastinate_periodic_defers
      order by task_name, defer_timestamp desc) d
left join procrastinate_jobs j on j.id = d.job_id order by d.task_name;

-- pause: No worker takes this task's jobs from the next fetch on; no row when it was paused already.
insert into paused_tasks (task_name, operator) values (%(task)s, %(operator)s) on conflict do nothing returning task_name;

-- resume: Its jobs are taken again, and workers are told at once; no row when it was not paused.
delete from paused_tasks where task_name = %(task)s
returning task_name, pg_notify('procrastinate_any_queue_v1', json_build_object('type', 'job_inserted', 'job_id', 0)::text);

-- try_again: A job that failed or was called off waits once more: one more attempt, or those it has left. None when its twin waits.
with changed as (
    update procrastinate_jobs j
    set status = 'todo', scheduled_at = null, worker_id = null, abort_requested = false
    where j.id = %(job_id)s and j.status in ('failed', 'cancelled', 'aborted')
      and not exists (select from procrastinate_jobs twin where twin.queueing_lock = j.queueing_lock and twin.status = 'todo')
    returning j.id
)
select id, pg_notify('procrastinate_any_queue_v1', json_build_object('type', 'job_inserted', 'job_id', id)::text) from changed;

-- put_aside: A failed job has been looked at and needs nothing more.
update procrastinate_jobs set status = 'cancelled' where id = %(job_id)s and status = 'failed' returning id;

-- call_off: A waiting job does not run, unless it belongs to a task whose work upkeep would defer again.
update procrastinate_jobs set status = 'cancelled'
where id = %(job_id)s and status = 'todo' and task_name <> all (%(kept)s) returning id;

-- stop: Ask the worker to stop a running job.
update procrastinate_jobs set abort_requested = true
where id = %(job_id)s and status = 'doing' and not abort_requested returning id;

-- run_now: A job due later is due now.
with changed as (
    update procrastinate_jobs set scheduled_at = null
    where id = %(job_id)s and status = 'todo' and scheduled_at > now() returning id
)
select id, pg_notify('procrastinate_any_queue_v1', json_build_object('type', 'job_inserted', 'job_id', id)::text) from changed;
