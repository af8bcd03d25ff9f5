-- note_lost: Keep what became of an attempt that did not end its job.
insert into lost_attempts (job_id, attempt, task_name, conversation_id, worker_id, reason, error, frames, started_at)
values (%(job_id)s, %(attempt)s, %(task_name)s, %(conversation_id)s, %(worker_id)s, %(reason)s, %(error)s, %(frames)s,
        to_timestamp(%(started_at)s::double precision));

-- forget_lost: Drop what is older than this.
delete from lost_attempts where id in (
    select id from lost_attempts where ended_at < %(before)s order by ended_at limit %(most)s);
