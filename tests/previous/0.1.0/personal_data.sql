-- find_contact: Every form and conversation of one contact: by e-mail address, by Chatwoot's contact, by shared conversation.
with recursive mine as (
    select l.id, l.contact_key, l.contact_id, l.conversation_id from leads l
    where l.id = %(lead_id)s::uuid or l.contact_key = %(email)s::text or l.contact_id = %(contact_id)s::bigint
       or l.lead ->> 'phone' = %(phone)s::text or l.conversation_id = %(conversation_id)s::bigint
    union
    select l.id, l.contact_key, l.contact_id, l.conversation_id from leads l join mine m
        on l.contact_key = m.contact_key or l.contact_id = m.contact_id or l.conversation_id = m.conversation_id
), talks as (
    select c.conversation_id from broker_conversations c
    where c.contact_id = %(contact_id)s::bigint or c.conversation_id = %(conversation_id)s::bigint
       or c.conversation_id in (select m.conversation_id from mine m)
       or c.contact_id in (select m.contact_id from mine m)
)
select coalesce((select array_agg(m.id order by m.id) from mine m), '{}') as lead_ids,
       coalesce((select array_agg(t.conversation_id order by 1) from talks t), '{}') as conversation_ids,
       coalesce((select array_agg(distinct m.contact_key) filter (where m.contact_key is not null) from mine m), '{}') as emails,
       coalesce((select array_agg(distinct l.lead ->> 'phone') filter (where l.lead ? 'phone')
                 from leads l join mine m using (id)), '{}') as phones;

-- find_refused: Refused forms that hold one of these addresses or numbers anywhere; nothing else says whose they are.
select l.id from leads l
where l.state = 'rejected' and exists (
    select from jsonb_path_query(l.raw, '$.**') as said
    where jsonb_typeof(said) in ('string', 'number')
      and (lower(btrim(said #>> '{}')) = any (%(emails)s::text[])
           or regexp_replace(said #>> '{}', '\D', '', 'g') = any (%(numbers)s::text[])))
order by l.id;

-- last_activity: When these forms and conversations last heard of their contact.
select greatest(
    (select max(l.received_at) from leads l where l.id = any (%(lead_ids)s::uuid[])),
    (select max(greatest(c.created_at, c.last_message_at)) from broker_conversations c
     where c.conversation_id = any (%(conversation_ids)s::bigint[])),
    (select max(m.received_at) from incoming_messages m where m.conversation_id = any (%(conversation_ids)s::bigint[])),
    (select max(p.sent_at) from person_messages p where p.conversation_id = any (%(conversation_ids)s::bigint[]))) as at;

-- call_off_jobs: Nothing that waits for these conversations or leads begins any more.
update procrastinate_jobs j set status = 'cancelled'
where j.status = 'todo' and (j.lock = any (%(locks)s::text[]) or j.queueing_lock = any (%(settling)s::text[]));

-- under_way: Whether somebody works on one of these conversations or leads in this moment.
select exists (select from procrastinate_jobs j
               where j.status = 'doing' and (j.lock = any (%(locks)s::text[]) or j.queueing_lock = any (%(settling)s::text[])))
    or exists (select from lead_openings o where o.lead_id = any (%(lead_ids)s::uuid[]) and o.claimed_until > clock_timestamp())
    or exists (select from legacy_engagements e
               where e.conversation_id = any (%(conversation_ids)s::bigint[]) and e.held_until > clock_timestamp()) as busy;

-- lock_leads: Nobody ties these leads to anything until the transaction ends.
select id from leads where id = any (%(lead_ids)s::uuid[]) order by id for update;

-- lock_conversations: No message comes into these conversations until the transaction ends.
select c.conversation_id, c.status,
       exists (select from incoming_messages m
               where m.conversation_id = c.conversation_id and m.state = 'unanswered') as unanswered
from broker_conversations c where c.conversation_id = any (%(conversation_ids)s::bigint[])
order by c.conversation_id for update;

-- newest_message: The newest message of a customer in a conversation, 0 when there is none.
select coalesce(max(message_id), 0) as message_id from incoming_messages where conversation_id = %(conversation_id)s;

-- withhold_unfinished: What was not certainly sent will not be sent: what it was to say is about to be blanked.
update outgoing_messages set state = 'withheld', last_error = 'its contact was erased'
where conversation_id = any (%(conversation_ids)s::bigint[]) and state in ('planned', 'sending', 'unknown');

-- leave_unanswered: Messages nobody will answer.
update incoming_messages set state = 'left_to_person'
where conversation_id = any (%(conversation_ids)s::bigint[]) and state = 'unanswered';

-- erase_leads: A form says nothing any more; its loan type, score and times stay for counting.
update leads
set state = 'erased', erased_at = now(), raw = '{}', problems = null, lead = null, contact_key = null,
    lead_score_points = null, client_lead_score = null, session_id = null, contact_id = null, conversation_id = null
where id = any (%(lead_ids)s::uuid[]) and state <> 'erased';

-- erase_openings: The address that was the key of an opening.
delete from lead_openings where lead_id = any (%(lead_ids)s::uuid[]);

-- erase_chat_posts: Which of the page's texts became which message.
delete from chat_posts where lead_id = any (%(lead_ids)s::uuid[]);

-- erase_conversations: Whose it was, and what was known of their money.
update broker_conversations
set erased_at = now(), lead_id = null, contact_id = null, property_type = null, monthly_income = null, timeline = null
where conversation_id = any (%(conversation_ids)s::bigint[])
  and (erased_at is null or num_nonnulls(lead_id, contact_id, property_type, monthly_income, timeline) > 0);

-- erase_incoming: What the customer wrote.
update incoming_messages set content = '' where conversation_id = any (%(conversation_ids)s::bigint[]) and content <> '';

-- erase_outgoing: What was written to and about the customer. A status and an assignee say nothing.
update outgoing_messages set payload = '{}', last_error = null
where conversation_id = any (%(conversation_ids)s::bigint[]) and kind not in ('status', 'assignment') and payload <> '{}';

-- erase_person_messages: What colleagues wrote.
update person_messages set content = '' where conversation_id = any (%(conversation_ids)s::bigint[]) and content <> '';

-- erase_briefs: What a colleague was told at a hand-over; nobody is reminded of it any more.
update handover_briefs set brief = '{}', reminded_at = coalesce(reminded_at, now())
where conversation_id = any (%(conversation_ids)s::bigint[]) and brief <> '{}';

-- erase_runs: What was calculated of their money; which calculation by which rules it was stays.
update tool_runs set arguments = '{}', result = ''
where conversation_id = any (%(conversation_ids)s::bigint[]) and (arguments <> '{}' or result <> '');

-- erase_replies: What the guard quoted and the tools were asked; which rules were broken stays.
update ai_replies
set tool_calls = '[]',
    verdict = case when verdict is null then null
                   else jsonb_build_object('ok', verdict -> 'ok', 'broken', coalesce(verdict -> 'broken', '[]')) end
where conversation_id = any (%(conversation_ids)s::bigint[]) and (tool_calls <> '[]' or verdict ? 'reasons');

-- export_contact: Everything we hold of these forms and conversations, as one document.
select jsonb_build_object(
    'leads', coalesce((
        select jsonb_agg(to_jsonb(l) order by l.received_at) from leads l where l.id = any (%(lead_ids)s::uuid[])), '[]'),
    'chat_posts', coalesce((
        select jsonb_agg(to_jsonb(p) order by p.attempted_at) from chat_posts p where p.lead_id = any (%(lead_ids)s::uuid[])), '[]'),
    'conversations', coalesce((
        select jsonb_agg(to_jsonb(c) || jsonb_build_object(
            'broker', (select b.name from ai_brokers b where b.id = c.broker_id),
            'customer_messages_said', (select coalesce(jsonb_agg(to_jsonb(m) order by m.message_id), '[]')
                                       from incoming_messages m where m.conversation_id = c.conversation_id),
            'our_messages', (select coalesce(jsonb_agg(to_jsonb(o) order by o.planned_at, o.position), '[]')
                             from outgoing_messages o where o.conversation_id = c.conversation_id),
            'colleagues_messages', (select coalesce(jsonb_agg(to_jsonb(p) order by p.message_id), '[]')
                                    from person_messages p where p.conversation_id = c.conversation_id),
            'handover_briefs', (select coalesce(jsonb_agg(to_jsonb(h) order by h.created_at), '[]')
                                from handover_briefs h where h.conversation_id = c.conversation_id),
            'calculations', (select coalesce(jsonb_agg(to_jsonb(t) order by t.id), '[]')
                             from tool_runs t where t.conversation_id = c.conversation_id),
            'ai_replies', (select coalesce(jsonb_agg(to_jsonb(r) order by r.id), '[]')
                           from ai_replies r where r.conversation_id = c.conversation_id),
            'job_outcomes', (select coalesce(jsonb_agg(to_jsonb(j) order by j.finished_at), '[]')
                             from job_outcomes j where j.conversation_id = c.conversation_id)) order by c.created_at)
        from broker_conversations c where c.conversation_id = any (%(conversation_ids)s::bigint[])), '[]')) as document;
