-- keep_run: Keep a calculation as it was.
insert into tool_runs (conversation_id, turn, job_id, name, arguments, day, version, result)
values (%(conversation_id)s, %(turn)s, %(job_id)s, %(name)s, %(arguments)s, %(day)s, %(version)s, %(result)s);

-- runs_of: The calculations of a conversation, oldest first.
select id, turn, name, arguments, day, version, result, created_at from tool_runs
where conversation_id = %(conversation_id)s order by id;
