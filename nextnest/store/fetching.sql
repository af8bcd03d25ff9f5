-- fetch_jobs: Take the next jobs for a worker: by priority and age, the first of each lock, nothing paused or that needs what is away.
-- Jobs without a due time and jobs with one are looked for apart, each by its own index: what is due in the future is never
-- read. The conditions are wrapped in coalesce because the planner, which cannot know how few they leave out, would else sort
-- the whole queue. Of those without one only the oldest 64 are looked at; `beyond` says that they all wait for others and are not all.
-- What gathered while something was away comes one at a time, and `of_a_backlog` says so. `due_in_s` is when the next job
-- is due. One row always comes; without a job its id is null.
-- What is asked stands in a row of its own: planned with the values, it would look cheaper and be planned anew each time.
with asked as materialized (
    select %(queues)s::varchar[] as queues, %(worker_id)s::bigint as worker_id, %(most)s::int as most,
           case when exists (select from circuit_breakers where name = 'chatwoot' and state = 'open')
                then %(need_chatwoot)s::varchar[] else '{}' end || array(select task_name from paused_tasks) as barred
), oldest as (
    select id, priority, lock from procrastinate_jobs
    where status = 'todo' and scheduled_at is null
      and coalesce((select queues from asked) is null or queue_name = any ((select queues from asked)::varchar[]), true)
      and coalesce(task_name <> all ((select barred from asked)::varchar[]), true)
    order by priority desc, id limit 64
), waiting as (
    select j.id, j.priority
    from oldest join procrastinate_jobs j using (id)
    where j.status = 'todo'
      and (select true from procrastinate_jobs other where other.lock = oldest.lock and other.status = 'doing') is null
      and not exists (
          select from procrastinate_jobs other
          where j.lock is not null and other.lock = j.lock and other.status = 'todo'
            and (other.priority > j.priority or (other.priority = j.priority and other.id < j.id)))
    order by oldest.priority desc, oldest.id limit (select most from asked)
    for update of j skip locked
), due as (
    select j.id, j.priority from procrastinate_jobs j
    where j.status = 'todo' and j.scheduled_at <= now()
      and ((select queues from asked) is null or j.queue_name = any ((select queues from asked)::varchar[]))
      and j.task_name <> all ((select barred from asked)::varchar[])
      and not exists (
          select from procrastinate_jobs other
          where j.lock is not null and other.lock = j.lock
            and (other.status = 'doing'
                 or (other.status = 'todo' and (other.priority > j.priority
                                                or (other.priority = j.priority and other.id < j.id)))))
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
    from chosen where j.id = chosen.id
    returning j.*, j.id <= (select max(backlog_until) from circuit_breakers) as of_a_backlog
)
select taken.*, extract(epoch from next.due - clock_timestamp())::double precision as due_in_s,
       taken.id is null and exists (
           select from procrastinate_jobs
           where status = 'todo' and scheduled_at is null
             and ((select queues from asked) is null or queue_name = any ((select queues from asked)::varchar[]))
           order by priority desc, id offset 64) as beyond
from (select min(scheduled_at) as due from procrastinate_jobs where status = 'todo' and scheduled_at > now()) next
left join taken on true
order by taken.priority desc, taken.id;

-- fetch_from_lock_to_lock: Take jobs when the oldest all wait for others: the first of each lock, beginning behind a lock, once round.
-- One step per lock, however many jobs wait for it; jobs without a lock as well. This is not by age: the oldest had their look.
-- Each is looked at only when those before were not enough, so the walk ends as soon as enough are taken.
with recursive asked as materialized (
    select %(queues)s::varchar[] as queues, %(worker_id)s::bigint as worker_id, %(most)s::int as most, %(after)s::text as after,
           case when exists (select from circuit_breakers where name = 'chatwoot' and state = 'open')
                then %(need_chatwoot)s::varchar[] else '{}' end || array(select task_name from paused_tasks) as barred
), ahead as (
    (select j.id, j.lock, j.status from procrastinate_jobs j
     where j.status in ('todo', 'doing') and j.lock > (select after from asked)
     order by j.lock, j.priority desc, j.id limit 1)
    union all
    select following.* from ahead, lateral (
        select j.id, j.lock, j.status from procrastinate_jobs j
        where j.status in ('todo', 'doing') and j.lock > ahead.lock
        order by j.lock, j.priority desc, j.id limit 1) following
), behind as (
    (select j.id, j.lock, j.status from procrastinate_jobs j
     where j.status in ('todo', 'doing') and j.lock <= (select after from asked)
     order by j.lock, j.priority desc, j.id limit 1)
    union all
    select following.* from behind, lateral (
        select j.id, j.lock, j.status from procrastinate_jobs j
        where j.status in ('todo', 'doing') and j.lock > behind.lock and j.lock <= (select after from asked)
        order by j.lock, j.priority desc, j.id limit 1) following
), first as (
    select id from ahead where status = 'todo'
    union all
    select id from behind where status = 'todo'
    union all
    (select id from procrastinate_jobs
     where status = 'todo' and scheduled_at is null and lock is null
     order by priority desc, id limit (select most from asked))
), chosen as (
    select taking.id
    from first, lateral (
        select j.id from procrastinate_jobs j
        where j.id = first.id and j.status = 'todo' and j.scheduled_at is null
          and ((select queues from asked) is null or j.queue_name = any ((select queues from asked)::varchar[]))
          and j.task_name <> all ((select barred from asked)::varchar[])
          and (select true from procrastinate_jobs other where other.lock = j.lock and other.status = 'doing') is null
        limit 1 for update skip locked) taking
    limit (select most from asked)
), taken as (
    update procrastinate_jobs j set status = 'doing', worker_id = (select worker_id from asked)
    from chosen where j.id = chosen.id
    returning j.*, j.id <= (select max(backlog_until) from circuit_breakers) as of_a_backlog
)
select taken.*, coalesce(max(lock) filter (where lock <= (select after from asked)) over (), max(lock) over (), '') as last_lock
from taken order by priority desc, id;

-- return_unstarted: Put jobs back that a worker fetched and never started; no attempt is counted.
-- A twin that waits already does the work, and two cannot wait: then this one ends.
update procrastinate_jobs j
set status = case when exists (select from procrastinate_jobs twin
                               where twin.queueing_lock = j.queueing_lock and twin.status = 'todo')
                  then 'aborted' else 'todo' end::procrastinate_job_status,
    worker_id = null
where j.id = any (%(job_ids)s) and j.status = 'doing' and j.worker_id = %(worker_id)s;
