-- What became of attempts that did not end their job, and which tasks are paused.
--
-- A job that succeeds says so in job_outcomes, in its own commit. An attempt that failed, was handed back or lost its worker left
-- nothing behind but a number; here it is a row, with the error and where it came from. A paused task's jobs stay in the queue.

alter table nextnest.job_outcomes add column worker_id bigint;
comment on column nextnest.job_outcomes.worker_id is 'The worker that ended the job. Null in rows from before this was kept.';

create table nextnest.lost_attempts (
    id bigint primary key generated always as identity,
    job_id bigint not null,
    attempt int not null,
    task_name text not null,
    conversation_id bigint,
    worker_id bigint,
    reason text not null check (reason in ('failed', 'handed back', 'worker died', 'buried')),
    error text,
    frames text[] not null default '{}',
    started_at timestamptz,
    ended_at timestamptz not null default clock_timestamp()
);
comment on table nextnest.lost_attempts is 'Attempts that did not end their job as succeeded. No message texts: frames are places in the code.';
comment on column nextnest.lost_attempts.attempt is 'Counted from 0. One that was handed back does not count, so its number comes again.';
comment on column nextnest.lost_attempts.reason is 'failed; handed back uncounted; worker died, tried again; buried after its workers died three times.';
comment on column nextnest.lost_attempts.error is 'The kind of the error, and its sentence when it is one of ours.';
comment on column nextnest.lost_attempts.frames is 'Where the error came from: file:line function, the innermost last.';
create index lost_attempts_of_a_job on nextnest.lost_attempts (job_id, id);
create index lost_attempts_recent on nextnest.lost_attempts (ended_at);
create index lost_attempts_of_a_conversation on nextnest.lost_attempts (conversation_id, ended_at) where conversation_id is not null;

create table nextnest.paused_tasks (
    task_name text primary key,
    paused_at timestamptz not null default now(),
    operator text not null
);
comment on table nextnest.paused_tasks is 'Tasks whose jobs no worker takes. What waits keeps its place; what runs goes on to its end.';

-- What ended badly is listed by state, newest first; what went well is too much for an index of its own.
create index procrastinate_jobs_ended_badly on nextnest.procrastinate_jobs (status, id desc)
    where status in ('failed', 'cancelled', 'aborted');

alter table nextnest.lost_attempts enable row level security;
alter table nextnest.paused_tasks enable row level security;

insert into nextnest.rights (role, kind, names, privileges) values
('nextnest_console', 'table', 'paused\_tasks', 'delete');
select nextnest.apply_rights();
