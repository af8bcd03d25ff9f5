-- plan: Plan an effect; a second plan of the same kind for the same turn changes nothing.
insert into outgoing_messages (conversation_id, kind, turn, position, payload, delay_s)
values (%(conversation_id)s, %(kind)s, %(turn)s, %(position)s, %(payload)s, %(delay_s)s)
on conflict (conversation_id, kind, turn) do nothing;

-- plan_reply: Plan a turn's reply; no row when it has one already.
insert into outgoing_messages (conversation_id, kind, turn, payload)
values (%(conversation_id)s, 'reply', %(turn)s, %(payload)s)
on conflict (conversation_id, kind, turn) do nothing returning *;

-- planned_effect: The effect of a kind for a turn, as it stands.
select * from outgoing_messages
where conversation_id = %(conversation_id)s and kind = %(kind)s and turn = %(turn)s;

-- effect_by_id: One effect as it stands.
select * from outgoing_messages where id = %(effect_id)s;

-- unfinished: What is planned, under way or unknown for a conversation, in the order it must happen.
select * from outgoing_messages
where conversation_id = %(conversation_id)s and state in ('planned', 'sending', 'unknown')
order by planned_at, position, id;

-- intend: Say that the effect is about to be tried.
update outgoing_messages
set state = 'sending', attempts = attempts + 1, sending_at = clock_timestamp(), last_error = null
where id = %(effect_id)s and state = 'planned'
  and (%(job_id)s::bigint is null
       or exists (select from procrastinate_jobs j
                  where j.id = %(job_id)s and coalesce(j.status = 'doing', false) and j.attempts = %(attempt)s
                    and j.worker_id = %(worker_id)s))
returning attempts;

-- intend_reply: Say that a reply is about to be sent, only if nothing newer came in and the AI still has the conversation.
update outgoing_messages o
set state = 'sending', attempts = attempts + 1, sending_at = clock_timestamp(), last_error = null
where o.id = %(effect_id)s and o.state = 'planned'
  and (%(job_id)s::bigint is null
       or exists (select from procrastinate_jobs j
                  where j.id = %(job_id)s and coalesce(j.status = 'doing', false) and j.attempts = %(attempt)s
                    and j.worker_id = %(worker_id)s))
  and exists (select from broker_conversations c
              where c.conversation_id = o.conversation_id and c.held_by = 'ai' and c.status = 'active')
  and (%(whatever_came)s or not exists (select from incoming_messages m
              where m.conversation_id = o.conversation_id and m.state = 'unanswered'
                and (m.started_at is null or m.started_at > o.planned_at)))
returning o.attempts;

-- take_intent_back: Nothing was asked of Chatwoot under this intent, if nobody has taken the effect over since.
update outgoing_messages set state = 'planned'
where id = %(effect_id)s and state = 'sending' and attempts = %(intent)s;

-- must_have_ended: Whether every request that might still carry the effect has ended by now.
select coalesce(clock_timestamp() - sending_at >= make_interval(secs => %(settle_s)s), true) as ended
from outgoing_messages where id = %(effect_id)s;

-- mark_sent: The effect took place; Chatwoot's message id is remembered so that its echo is known.
update outgoing_messages
set state = 'sent', chatwoot_message_id = coalesce(%(message_id)s, chatwoot_message_id),
    sent_at = coalesce(sent_at, clock_timestamp()), last_error = null
where id = %(effect_id)s and state <> 'sent';

-- mark_unknown: The answer was lost; it may have happened.
update outgoing_messages set state = 'unknown', last_error = %(error)s
where id = %(effect_id)s and state = 'sending';

-- plan_again: It certainly did not happen; it may be tried again.
update outgoing_messages set state = 'planned', last_error = %(error)s
where id = %(effect_id)s and state in ('sending', 'unknown');

-- withhold: It will not be sent.
update outgoing_messages set state = 'withheld', last_error = %(error)s
where id = %(effect_id)s and state in ('planned', 'sending');

-- revive: What was withheld may be sent after all; its draft counts again.
update outgoing_messages set state = 'planned', last_error = null
where id = %(effect_id)s and state = 'withheld';

-- takes_everything_in: Whether a draft was written after everything was taken in that is to be answered now.
select not exists (select from incoming_messages m
                   where m.conversation_id = o.conversation_id and m.state = 'unanswered'
                     and (m.started_at is null or m.started_at > o.planned_at)) as complete
from outgoing_messages o where o.id = %(effect_id)s;

-- rewrite: A new text for a reply that was not sent.
update outgoing_messages
set state = 'planned', payload = %(payload)s, planned_at = now(), last_error = null
where id = %(effect_id)s and state in ('planned', 'withheld');

-- mark_superseded: The draft behind a withheld reply was not used.
update ai_replies set outcome = 'superseded' where outgoing_id = %(effect_id)s and outcome = 'used';

-- record_reply: What the model wrote, what it cost and what the guard thought.
insert into ai_replies (conversation_id, outgoing_id, job_id, turn, model, prompt_version, input_tokens, output_tokens,
                        total_tokens, cached_tokens, cost, latency_s, outcome, verdict)
values (%(conversation_id)s, %(outgoing_id)s, %(job_id)s, %(turn)s, %(model)s, %(prompt_version)s, %(input_tokens)s,
        %(output_tokens)s, %(total_tokens)s, %(cached_tokens)s, %(cost)s, %(latency_s)s, %(outcome)s, %(verdict)s);

-- left_behind: Conversations with unfinished effects that nobody is working on.
select distinct o.conversation_id from outgoing_messages o
where o.state in ('planned', 'sending', 'unknown') and o.planned_at < now() - make_interval(secs => %(older_than_s)s)
  and not exists (select from procrastinate_jobs j
                  where j.lock = 'conversation-' || o.conversation_id and j.status in ('todo', 'doing'))
  and not exists (select from legacy_engagements e
                  where e.conversation_id = o.conversation_id and e.held_until > clock_timestamp())
  and not exists (select from setbacks s
                  where s.key = 'deliver-effects-' || o.conversation_id and s.not_before > now())
limit 100;

-- mark_used: The newest draft behind a reply is used.
update ai_replies set outcome = 'used'
where id = (select max(id) from ai_replies where outgoing_id = %(effect_id)s) and outcome = 'superseded';
