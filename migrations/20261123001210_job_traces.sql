-- Which trace deferred a job, so that one trace leads from a request through its job to each call outside.
--
-- It stands beside the job and not in its arguments: workers of another release would stumble over an argument they do not
-- know, and a row nobody reads harms nobody. Rows are written only while traces are kept, and go with their jobs.
-- Web's metrics say which tasks are paused; who paused them is nothing web needs, so it looks at a view.

create table nextnest.job_traces (
    job_id bigint primary key references nextnest.procrastinate_jobs on delete cascade,
    traceparent text not null check (traceparent ~ '^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$')
);
comment on table nextnest.job_traces is 'The trace that deferred a job, as W3C traceparent. Empty while OTEL_EXPORTER_OTLP_ENDPOINT is unset.';

alter table nextnest.job_traces enable row level security;

create view nextnest.task_pauses with (security_invoker = true) as
select task_name, paused_at from nextnest.paused_tasks;
comment on view nextnest.task_pauses is 'Tasks whose jobs no worker takes.';
comment on column nextnest.task_pauses.task_name is 'The task.';
comment on column nextnest.task_pauses.paused_at is 'Since when.';

insert into nextnest.rights (role, kind, names, privileges) values ('nextnest_web', 'table', 'job\_traces', 'insert');
select nextnest.apply_rights();
