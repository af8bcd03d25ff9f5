-- hold_engagement: The right to engage a conversation outside the rollout, if nobody has engaged it yet; no row otherwise.
insert into legacy_engagements (conversation_id, held_until)
select conversation_id, clock_timestamp() + make_interval(secs => %(hold_s)s) from broker_conversations
where conversation_id = %(conversation_id)s and not uses_queue and status = 'new'
on conflict (conversation_id) do nothing
returning conversation_id;

-- renew_engagement: The same right from now on, unless the worker has adopted the conversation.
update legacy_engagements set held_until = clock_timestamp() + make_interval(secs => %(hold_s)s)
where conversation_id = %(conversation_id)s
returning conversation_id;

-- hand_on_engagement: Leave the rest to the worker.
update legacy_engagements set held_until = clock_timestamp() where conversation_id = %(conversation_id)s;

-- finish_engagement: The broker has arrived and greeted, or waits for nothing of ours.
delete from legacy_engagements where conversation_id = %(conversation_id)s;

-- adopt_engagements: Take what a process left behind, unless a job of the conversation waits or runs.
delete from legacy_engagements
where conversation_id in (
    select e.conversation_id from legacy_engagements e
    where e.held_until < clock_timestamp()
      and not exists (select from procrastinate_jobs j
                      where j.lock = 'conversation-' || e.conversation_id and j.status in ('todo', 'doing'))
    order by e.held_until limit 100
    for update of e skip locked
)
returning conversation_id;

-- begin_forwarding: Say that a message is about to go to n8n; no row when it was said before or somebody else has it.
update incoming_messages m set started_at = clock_timestamp()
from broker_conversations c
where m.conversation_id = %(conversation_id)s and m.message_id = %(message_id)s and m.state = 'unanswered'
  and m.started_at is null and c.conversation_id = m.conversation_id and c.held_by = 'ai'
returning m.content;

-- not_forwarded: It certainly did not arrive; it may be tried again.
update incoming_messages set started_at = null
where conversation_id = %(conversation_id)s and message_id = %(message_id)s and state = 'unanswered';

-- forwarding: How a message that is to be forwarded stands, and who has its conversation.
select m.state, m.started_at, c.held_by
from incoming_messages m join broker_conversations c using (conversation_id)
where m.conversation_id = %(conversation_id)s and m.message_id = %(message_id)s;

-- settle_forwarded: What became of a message of the legacy path.
update incoming_messages set state = %(state)s, settled_by_job = %(job_id)s
where conversation_id = %(conversation_id)s and message_id = %(message_id)s and state = 'unanswered';
