-- fetch_jobs: Take the next jobs for a worker: by priority and age, the first of each lock, nothing paused or that needs what is away.
-- Jobs without a due time and jobs with one are looked for apart, each by its own index: what is due in the future is never
-- read. Of those without one only the oldest 64 are looked at; `beyond` says that they all wait for others and may not be all.
-- What gathered while something was away comes one at a time, and `of_a_backlog` says so. `due_in_s` is when the next job
-- is due. One row always comes; without a job its id is null. `since` leaves out older jobs of the usual priority; `oldest_id` says from
-- where on there is something to find, and `look_s` how long it took to find that.
-- What is asked stands in a row of its own: planned with the values, it would look cheaper and be planned anew each time. A job's state
-- is asked for in the words of our indexes (migration fetching_past_dead_rows) and never as Procrastinate's would match it.
-- What else is asked of the oldest is wrapped in coalesce as well: the planner, which cannot know how few that leaves out, would sort
-- the whole queue.
with asked as materialized (
    select %(queues)s::varchar[] as queues, %(worker_id)s::bigint as worker_id, %(most)s::int as most, %(since)s::bigint as since,
           case when exists (select from circuit_breakers where name = 'chatwoot' and state = 'open')
                then %(need_chatwoot)s::varchar[] else '{}' end || array(select task_name from paused_tasks) as barred
), living as materialized (
    select coalesce((select id from procrastinate_jobs
                     where coalesce(status = 'todo' and scheduled_at is null and priority = 0, false)
                       and id >= (select since from asked) order by id limit 1),
                    (select max(id) + 1 from procrastinate_jobs), 0) as oldest_id,
           extract(epoch from clock_timestamp() - statement_timestamp())::double precision as look_s
), oldest as materialized (
    (select id, priority, lock from procrastinate_jobs
     where coalesce(status = 'todo' and scheduled_at is null and priority = 0, false) and id >= (select oldest_id from living)
       and coalesce((select queues from asked) is null or queue_name = any ((select queues from asked)::varchar[]), true)
       and coalesce(task_name <> all ((select barred from asked)::varchar[]), true)
     order by id limit 64)
    union all
    (select id, priority, lock from procrastinate_jobs
     where coalesce(status = 'todo' and scheduled_at is null and priority <> 0, false)
       and coalesce((select queues from asked) is null or queue_name = any ((select queues from asked)::varchar[]), true)
       and coalesce(task_name <> all ((select barred from asked)::varchar[]), true)
     order by priority desc, id limit 64)
), waiting as (
    select j.id, j.priority
    from (select * from oldest order by priority desc, id limit 64) first join procrastinate_jobs j using (id)
    where coalesce(j.status = 'todo', false)
      and (select true from procrastinate_jobs other
           where other.lock = first.lock and coalesce(other.status = 'doing', false) limit 1) is null
      and (select true from procrastinate_jobs other
           where other.lock = first.lock and coalesce(other.status in ('todo', 'doing'), false)
             and (other.priority > first.priority or (other.priority = first.priority and other.id < first.id)) limit 1) is null
    order by first.priority desc, first.id limit (select most from asked)
    for update of j skip locked
), due as (
    select j.id, j.priority from procrastinate_jobs j
    where coalesce(j.status = 'todo' and j.scheduled_at is not null, false) and j.scheduled_at <= now()
      and ((select queues from asked) is null or j.queue_name = any ((select queues from asked)::varchar[]))
      and j.task_name <> all ((select barred from asked)::varchar[])
      and (select true from procrastinate_jobs other
           where other.lock = j.lock and coalesce(other.status = 'doing', false) limit 1) is null
      and (select true from procrastinate_jobs other
           where other.lock = j.lock and coalesce(other.status in ('todo', 'doing'), false)
             and (other.priority > j.priority or (other.priority = j.priority and other.id < j.id)) limit 1) is null
    order by j.scheduled_at limit (select most from asked)
    for update of j skip locked
), found as (
    select * from waiting union all select * from due
), chosen as (
    select id from found order by priority desc, id
    limit (select case when min(id) <= (select max(backlog_until) from circuit_breakers) then 1
                       else (select most from asked) end from found)
), taken as (
    update procrastinate_jobs j set status = 'doing', worker_id = (select worker_id from asked)
    where j.id = any (array(select id from chosen))
    returning j.*, j.id <= (select max(backlog_until) from circuit_breakers) as of_a_backlog
)
select taken.*, extract(epoch from next.due - clock_timestamp())::double precision as due_in_s,
       taken.id is null and (select count(*) >= 64 from oldest) as beyond,
       (select oldest_id from living), (select look_s from living)
from (select min(scheduled_at) as due from procrastinate_jobs
      where coalesce(status = 'todo' and scheduled_at is not null, false) and scheduled_at > now()) next
left join taken on true
order by taken.priority desc, taken.id;

-- oldest_of_all: Of the jobs of the usual priority that wait, whatever their age: from which id on there are any, and how long the look took.
select coalesce((select id from procrastinate_jobs
                 where coalesce(status = 'todo' and scheduled_at is null and priority = 0, false) order by id limit 1),
                (select max(id) + 1 from procrastinate_jobs), 0) as oldest_id,
       extract(epoch from clock_timestamp() - statement_timestamp())::double precision as look_s;

-- fetch_from_lock_to_lock: Take jobs when the oldest all wait for others: the first of each lock, beginning behind a lock, once round.
-- One step per lock, however many jobs wait for it; jobs without a lock as well. This is not by age: the oldest had their look.
-- Each is looked at only when those before were not enough, so the walk ends as soon as enough are taken.
with recursive asked as materialized (
    select %(queues)s::varchar[] as queues, %(worker_id)s::bigint as worker_id, %(most)s::int as most, %(after)s::text as after,
           case when exists (select from circuit_breakers where name = 'chatwoot' and state = 'open')
                then %(need_chatwoot)s::varchar[] else '{}' end || array(select task_name from paused_tasks) as barred
), ahead as (
    (select j.id, j.lock, j.status from procrastinate_jobs j
     where coalesce(j.status in ('todo', 'doing'), false) and j.lock > (select after from asked)
     order by j.lock, j.priority desc, j.id limit 1)
    union all
    select following.* from ahead, lateral (
        select j.id, j.lock, j.status from procrastinate_jobs j
        where coalesce(j.status in ('todo', 'doing'), false) and j.lock > ahead.lock
        order by j.lock, j.priority desc, j.id limit 1) following
), behind as (
    (select j.id, j.lock, j.status from procrastinate_jobs j
     where coalesce(j.status in ('todo', 'doing'), false) and j.lock <= (select after from asked)
     order by j.lock, j.priority desc, j.id limit 1)
    union all
    select following.* from behind, lateral (
        select j.id, j.lock, j.status from procrastinate_jobs j
        where coalesce(j.status in ('todo', 'doing'), false) and j.lock > behind.lock and j.lock <= (select after from asked)
        order by j.lock, j.priority desc, j.id limit 1) following
), first as (
    select id from ahead where status = 'todo'
    union all
    select id from behind where status = 'todo'
    union all
    (select id from procrastinate_jobs
     where coalesce(status = 'todo' and scheduled_at is null and lock is null, false)
     order by priority desc, id limit (select most from asked))
), chosen as (
    select taking.id
    from first, lateral (
        select j.id from procrastinate_jobs j
        where j.id = first.id and coalesce(j.status = 'todo', false) and j.scheduled_at is null
          and ((select queues from asked) is null or j.queue_name = any ((select queues from asked)::varchar[]))
          and j.task_name <> all ((select barred from asked)::varchar[])
          and (select true from procrastinate_jobs other
               where other.lock = j.lock and coalesce(other.status = 'doing', false) limit 1) is null
        limit 1 for update skip locked) taking
    limit (select most from asked)
), taken as (
    update procrastinate_jobs j set status = 'doing', worker_id = (select worker_id from asked)
    where j.id = any (array(select id from chosen))
    returning j.*, j.id <= (select max(backlog_until) from circuit_breakers) as of_a_backlog
)
select taken.*, coalesce(max(lock) filter (where lock <= (select after from asked)) over (), max(lock) over (), '') as last_lock
from taken order by priority desc, id;

-- return_unstarted: Put jobs back that a worker fetched and never started; no attempt is counted.
-- A twin that waits already does the work, and two cannot wait: then this one ends.
update procrastinate_jobs j
set status = case when exists (select from procrastinate_jobs twin
                               where twin.queueing_lock = j.queueing_lock and coalesce(twin.status = 'todo', false))
                  then 'aborted' else 'todo' end::procrastinate_job_status,
    worker_id = null
where j.id = any (%(job_ids)s) and coalesce(j.status = 'doing', false) and j.worker_id = %(worker_id)s;
