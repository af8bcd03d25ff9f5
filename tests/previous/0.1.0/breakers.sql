-- open_breakers: What is away, and why.
select name, state, reason, failures, retry_at, last_error, looks, extract(epoch from now() - opened_at)::double precision as open_s
from circuit_breakers where state = 'open' order by name;

-- is_open: Whether one thing is away.
select state = 'open' as open from circuit_breakers where name = %(name)s;

-- note_failure: Count a failure; those of a while ago do not count.
update circuit_breakers
set failures = case when last_failure_at > now() - make_interval(secs => %(window_s)s) then failures + 1 else 1 end,
    last_failure_at = now(), last_error = %(error)s
where name = %(name)s
returning name, state, reason, failures, retry_at, looks;

-- forget_failures: It answers, so what failed was something else.
update circuit_breakers set failures = 0 where name = %(name)s and state = 'closed';

-- open_breaker: From now on nobody asks it; no row when it is open already.
update circuit_breakers
set state = 'open', reason = %(reason)s, opened_at = now(), looks = 0, last_error = %(error)s,
    retry_at = now() + make_interval(secs => %(pause_s)s)
where name = %(name)s and state = 'closed'
returning name;

-- breaker: One breaker as it stands.
select name, state, reason, failures, retry_at, looks from circuit_breakers where name = %(name)s;

-- due_for_a_look: Open breakers whose time for another look has come.
select name, looks from circuit_breakers where state = 'open' and retry_at <= now() order by name;

-- stay_open: A look found it still away; the next one comes later.
update circuit_breakers
set looks = looks + 1, reason = %(reason)s, last_error = %(error)s,
    retry_at = now() + make_interval(secs => %(pause_s)s)
where name = %(name)s and state = 'open';

-- close_breaker: It is back. What gathered meanwhile starts at once, oldest first, and every worker is told.
with closed as (
    update circuit_breakers
    set state = 'closed', failures = 0, reason = null, retry_at = null, closed_at = now(),
        backlog_until = (select coalesce(max(id), 0) from procrastinate_jobs)
    where name = %(name)s and state = 'open'
    returning name
), hastened as (
    update procrastinate_jobs set scheduled_at = null
    where status = 'todo' and scheduled_at > now() and task_name = any (%(tasks)s) and exists (select from closed)
    returning id
)
select (select count(*) from closed) as closed, (select count(*) from hastened) as hastened,
       pg_notify('procrastinate_any_queue_v1', json_build_object('type', 'job_inserted', 'job_id', 0)::text);

-- note_setback: A job failed for good and will be deferred again; later each time, up to an hour.
insert into setbacks (key, not_before) values (%(key)s, now() + make_interval(secs => %(first_s)s))
on conflict (key) do update
    set failures = setbacks.failures + 1,
        not_before = now() + make_interval(secs => least(%(first_s)s * power(2, setbacks.failures), %(most_s)s));

-- forget_setbacks: Drop those that were not renewed for a day.
delete from setbacks where not_before < now() - interval '1 day';
