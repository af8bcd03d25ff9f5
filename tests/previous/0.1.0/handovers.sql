-- keep_brief: Keep what a colleague was told; the first brief of a turn stays.
insert into handover_briefs (conversation_id, turn, reason, brief, remind_at)
values (%(conversation_id)s, %(turn)s, %(reason)s, %(brief)s, %(remind_at)s)
on conflict (conversation_id, turn) do nothing;

-- last_delivered: The last line of ours that reached the customer.
select content from transcript where conversation_id = %(conversation_id)s and role = 'broker'
order by message_id desc limit 1;

-- earlier_words: What the customer said before these messages since the conversation was last closed, oldest first.
select content from (
    select m.content, m.message_id from incoming_messages m join broker_conversations c using (conversation_id)
    where m.conversation_id = %(conversation_id)s and m.state <> 'unanswered'
      and m.message_id > coalesce(c.closed_after, 0)
    order by m.message_id desc limit %(most)s
) newest order by message_id;

-- newest_runs: The newest calculations of a conversation, oldest first.
select name, arguments, day, version, result from (
    select r.id, r.name, r.arguments, r.day, r.version, r.result from tool_runs r
    where r.conversation_id = %(conversation_id)s order by r.id desc limit %(most)s
) newest order by id;

-- take_due_reminders: Hand-overs nobody has taken by the time somebody is to be reminded; each is taken once.
-- Taken is what a person did herself since: wrote, was assigned by somebody, put the label on or wrote /take.
update handover_briefs b set reminded_at = now()
from broker_conversations c
where c.conversation_id = b.conversation_id and b.reminded_at is null and b.remind_at <= now()
  and c.status = 'handed_off' and c.held_by = 'person' and (c.taken_at is null or c.taken_at < b.created_at)
  and not exists (select from handover_briefs later
                  where later.conversation_id = b.conversation_id and later.created_at > b.created_at)
returning b.conversation_id, b.turn, b.created_at;

-- newest_brief: What a colleague was told at the last hand-over.
select reason, brief, created_at from handover_briefs where conversation_id = %(conversation_id)s
order by created_at desc limit 1;
