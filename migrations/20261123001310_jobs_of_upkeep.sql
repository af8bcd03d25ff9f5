-- Dropping upkeep's own jobs reads them alone.
--
-- They run every few seconds and are dropped after an hour; those of customers stay for a month and are many times as many. A
-- job of upkeep is one whose queueing lock is its own name. Others are not in this index, so they pay for it with a comparison.
-- While the index is made nobody can defer: a second or so for each million of finished jobs.

create index procrastinate_jobs_of_upkeep on nextnest.procrastinate_jobs (id)
    where queueing_lock = task_name and status in ('succeeded', 'failed', 'aborted');
