-- fetch_jobs: Take the next jobs for a worker: by priority and age, the first of each lock, nothing paused or that needs what is away.
-- Jobs without a due time and jobs with one are looked for apart, each by its own index: what is due in the future is never
-- read. The conditions are wrapped in coalesce because the planner, which cannot know how few they leave out, would else sort
-- the whole queue. Of those without one only the oldest 64 are looked at; `beyond` says that they all wait for others and are not all.
-- What gathered while something was away comes one at a time, and `of_a_backlog` says so. `due_in_s` is when the next job
-- is due. One row always comes; without a job its id is null.
with away as (
    select state = 'open' as chatwoot from circuit_breakers where name = 'chatwoot'
), waiting as (
    select j.id, j.priority
    from (select id, priority from procrastinate_jobs
          where status = 'todo' and scheduled_at is null
            and coalesce(%(queues)s::varchar[] is null or queue_name = any (%(queues)s::varchar[]), true)
            and coalesce(not (task_name = any (%(need_chatwoot)s) and (select chatwoot from away)), true)
            and coalesce(task_name <> all (array(select task_name from paused_tasks)), true)
          order by priority desc, id limit 64) oldest
    join procrastinate_jobs j using (id)
    where j.status = 'todo'
      and not exists (
          select from procrastinate_jobs other
          where j.lock is not null and other.lock = j.lock
            and (other.status = 'doing'
                 or (other.status = 'todo' and (other.priority > j.priority
                                                or (other.priority = j.priority and other.id < j.id)))))
    order by oldest.priority desc, oldest.id limit %(most)s
    for update of j skip locked
), due as (
    select j.id, j.priority from procrastinate_jobs j
    where j.status = 'todo' and j.scheduled_at <= now()
      and (%(queues)s::varchar[] is null or j.queue_name = any (%(queues)s::varchar[]))
      and not (j.task_name = any (%(need_chatwoot)s) and (select chatwoot from away))
      and j.task_name <> all (array(select task_name from paused_tasks))
      and not exists (
          select from procrastinate_jobs other
          where j.lock is not null and other.lock = j.lock
            and (other.status = 'doing'
                 or (other.status = 'todo' and (other.priority > j.priority
                                                or (other.priority = j.priority and other.id < j.id)))))
    order by j.scheduled_at limit %(most)s
    for update of j skip locked
), found as (
    select * from waiting union all select * from due
), chosen as (
    select id from found order by priority desc, id
    limit (select case when min(id) <= (select max(backlog_until) from circuit_breakers) then 1 else %(most)s end from found)
), taken as (
    update procrastinate_jobs j set status = 'doing', worker_id = %(worker_id)s
    from chosen where j.id = chosen.id
    returning j.*, j.id <= (select max(backlog_until) from circuit_breakers) as of_a_backlog
)
select taken.*, extract(epoch from next.due - clock_timestamp())::double precision as due_in_s,
       taken.id is null and exists (
           select from procrastinate_jobs
           where status = 'todo' and scheduled_at is null
             and (%(queues)s::varchar[] is null or queue_name = any (%(queues)s::varchar[]))
           order by priority desc, id offset 64) as beyond
from (select min(scheduled_at) as due from procrastinate_jobs where status = 'todo' and scheduled_at > now()) next
left join taken on true
order by taken.priority desc, taken.id;

-- fetch_from_lock_to_lock: Take jobs when the oldest all wait for others: the first of each lock, beginning behind a lock.
-- One step per lock, however many jobs wait for it; jobs without a lock as well. This is not by age: the oldest had their look.
with recursive head as (
    (select j.id, j.lock, j.status from procrastinate_jobs j
     where j.status in ('todo', 'doing') and j.lock > %(after)s
     order by j.lock, j.priority desc, j.id limit 1)
    union all
    select following.* from head, lateral (
        select j.id, j.lock, j.status from procrastinate_jobs j
        where j.status in ('todo', 'doing') and j.lock > head.lock
        order by j.lock, j.priority desc, j.id limit 1) following
), away as (
    select state = 'open' as chatwoot from circuit_breakers where name = 'chatwoot'
), first as (
    select id from head where status = 'todo'
    union all
    (select id from procrastinate_jobs
     where status = 'todo' and scheduled_at is null and lock is null order by priority desc, id limit %(most)s)
), chosen as (
    select j.id
    from first join procrastinate_jobs j using (id)
    where j.status = 'todo' and j.scheduled_at is null
      and (%(queues)s::varchar[] is null or j.queue_name = any (%(queues)s::varchar[]))
      and not (j.task_name = any (%(need_chatwoot)s) and (select chatwoot from away))
      and j.task_name <> all (array(select task_name from paused_tasks))
      and not exists (select from procrastinate_jobs other where other.lock = j.lock and other.status = 'doing')
    limit %(most)s
    for update of j skip locked
), taken as (
    update procrastinate_jobs j set status = 'doing', worker_id = %(worker_id)s
    from chosen where j.id = chosen.id
    returning j.*, j.id <= (select max(backlog_until) from circuit_breakers) as of_a_backlog
)
select taken.*, coalesce(max(lock) over (), '') as last_lock from taken order by priority desc, id;

-- return_unstarted: Put jobs back that a worker fetched and never started; no attempt is counted.
-- A twin that waits already does the work, and two cannot wait: then this one ends.
update procrastinate_jobs j
set status = case when exists (select from procrastinate_jobs twin
                               where twin.queueing_lock = j.queueing_lock and twin.status = 'todo')
                  then 'aborted' else 'todo' end::procrastinate_job_status,
    worker_id = null
where j.id = any (%(job_ids)s) and j.status = 'doing' and j.worker_id = %(worker_id)s;
