-- Finding a conversation, and telling its story, among a million of them.
--
-- The console lists conversations by their newest activity, all or those of one state, one holder or one broker, and goes on
-- from the last row it showed; each of these lists is an index, or a few pieces of one, in the order it is shown. A customer is found by any word her
-- name begins with (the words of a name, indexed as text search knows them, so no extension is needed), by her e-mail address
-- or its beginning, and by her phone number, for which an index exists. The last three indexes bring together what happened in
-- one conversation: its jobs, what they did, and what Chatwoot told us; failed jobs are few and have one of their own.

create index broker_conversations_by_activity
    on nextnest.broker_conversations ((coalesce(last_message_at, created_at)) desc, conversation_id desc);
create index broker_conversations_by_state
    on nextnest.broker_conversations (status, held_by, (coalesce(last_message_at, created_at)) desc, conversation_id desc);
create index broker_conversations_of_broker
    on nextnest.broker_conversations
        (broker_id, status, held_by, (coalesce(last_message_at, created_at)) desc, conversation_id desc);

create index leads_by_words_of_name on nextnest.leads using gin (to_tsvector('simple'::regconfig, lead ->> 'name'))
    where conversation_id is not null;
create index leads_by_beginning_of_email on nextnest.leads (contact_key text_pattern_ops) where conversation_id is not null;

create index procrastinate_jobs_by_conversation on nextnest.procrastinate_jobs ((args ->> 'conversation_id'))
    where args ? 'conversation_id';
create index procrastinate_jobs_failed_by_conversation on nextnest.procrastinate_jobs ((args ->> 'conversation_id'))
    where status = 'failed';
create index job_outcomes_by_conversation on nextnest.job_outcomes (conversation_id, finished_at);
create index webhook_events_by_conversation on nextnest.webhook_events (conversation_id, received_at)
    where conversation_id is not null;
