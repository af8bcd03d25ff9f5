-- Fetching past any number of jobs that wait for a lock.
--
-- Jobs of one lock run one after the other, and most of those that wait may not run yet. A fetch looks at the oldest few. When
-- all of these wait for others it goes from lock to lock instead and looks only at the first of each: an index that knows the
-- first of a lock, and the next lock, makes that one step per lock. It takes the place of one that knew the lock alone.
-- Jobs without a lock wait for nobody and have a small index of their own.

create index procrastinate_jobs_by_lock on nextnest.procrastinate_jobs (lock, priority desc, id) include (status)
    where status in ('todo', 'doing');
create index procrastinate_jobs_without_lock on nextnest.procrastinate_jobs (priority desc, id)
    where status = 'todo' and scheduled_at is null and lock is null;
drop index nextnest.procrastinate_jobs_waiting_by_lock;
