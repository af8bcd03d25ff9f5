-- Fetching without reading what cannot run.
--
-- A fetch looks for jobs without a due time and for jobs that are due, each by an index of its own, so that a hundred thousand
-- jobs of next week cost it nothing. Procrastinate's own index orders both kinds together and would have to step over them.

create index procrastinate_jobs_waiting on nextnest.procrastinate_jobs (priority desc, id)
    where status = 'todo' and scheduled_at is null;
create index procrastinate_jobs_by_due_time on nextnest.procrastinate_jobs (scheduled_at)
    where status = 'todo' and scheduled_at is not null;
