-- Fetching past rows that have died and cannot be vacuumed yet.
--
-- While a snapshot is held, each job that has run leaves dead entries in every index of jobs that wait or run. Statistics say that
-- hardly any job waits, so to the planner those indexes are as good as empty, and it takes any of Procrastinate's own for anything: it
-- went through all that had died to find one job by its id. The conditions of these indexes are written so that only they match the
-- same words in our statements, and Procrastinate's do not. Jobs of the usual priority have one by id alone: a fetch can begin
-- where the living begin.

create index procrastinate_jobs_plain on nextnest.procrastinate_jobs (id)
    where coalesce(status = 'todo' and scheduled_at is null and priority = 0, false);
create index procrastinate_jobs_ranked on nextnest.procrastinate_jobs (priority desc, id)
    where coalesce(status = 'todo' and scheduled_at is null and priority <> 0, false);
create index procrastinate_jobs_due on nextnest.procrastinate_jobs (scheduled_at)
    where coalesce(status = 'todo' and scheduled_at is not null, false);
create index procrastinate_jobs_of_lock on nextnest.procrastinate_jobs (lock, priority desc, id) include (status)
    where coalesce(status in ('todo', 'doing'), false);
create index procrastinate_jobs_running_of_lock on nextnest.procrastinate_jobs (lock)
    where coalesce(status = 'doing', false);
create index procrastinate_jobs_of_no_lock on nextnest.procrastinate_jobs (priority desc, id)
    where coalesce(status = 'todo' and scheduled_at is null and lock is null, false);
create index procrastinate_jobs_waiting_twin on nextnest.procrastinate_jobs (queueing_lock)
    where coalesce(status = 'todo', false);
drop index nextnest.procrastinate_jobs_waiting;
drop index nextnest.procrastinate_jobs_by_due_time;
drop index nextnest.procrastinate_jobs_by_lock;
drop index nextnest.procrastinate_jobs_without_lock;

-- The same for what a conversation has unanswered: by time alone it was a list of everybody's.
create index incoming_messages_open on nextnest.incoming_messages (conversation_id, message_id) where state = 'unanswered';
drop index nextnest.incoming_messages_unanswered;
