-- keep: Remember which trace deferred a job.
insert into job_traces (job_id, traceparent) values (%(job_id)s, %(traceparent)s);

-- parent_of: Which trace deferred a job.
select traceparent from job_traces where job_id = %(job_id)s;
