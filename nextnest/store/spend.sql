-- taken: What day and conversation have spent, what others have reserved of the day, and how many transactions there may be.
select (now() at time zone 'Asia/Singapore')::date as day,
       (select coalesce(sum(d.spent), 0) from spend_days d where d.day = (now() at time zone 'Asia/Singapore')::date)
       + (select coalesce(sum(r.amount), 0) from spend_reservations r
          where r.day = (now() at time zone 'Asia/Singapore')::date
            and r.conversation_id <> %(conversation_id)s) as of_day,
       (select coalesce(sum(c.spent), 0) from conversation_spend c
        where c.conversation_id = %(conversation_id)s) as of_conversation,
       current_setting('max_connections')::int as connections;

-- take_turns: Far from the cap: wait for nobody who is far from it, too.
select pg_advisory_xact_lock_shared(hashtextextended('nextnest.spend', 0));

-- go_alone: Near the cap: nobody else reserves until this transaction ends.
select pg_advisory_xact_lock(hashtextextended('nextnest.spend', 0));

-- hold: Reserve for a conversation's turn; what an earlier attempt left behind is replaced.
insert into spend_reservations (conversation_id, job_id, day, amount)
values (%(conversation_id)s, %(job_id)s, %(day)s, %(amount)s)
on conflict (conversation_id) do update
    set job_id = excluded.job_id, day = excluded.day, amount = excluded.amount, reserved_at = now();

-- settle: Book a turn's calls, each once however often it is said, and give its reservation back.
with booked as (
    insert into ai_calls (id, conversation_id, job_id, turn, model, input_tokens, cached_tokens, output_tokens, cost, outcome,
                          latency_s, day)
    select c.id, %(conversation_id)s, %(job_id)s, %(turn)s, c.model, c.input_tokens, c.cached_tokens, c.output_tokens, c.cost,
           c.outcome, c.latency_s, %(day)s
    from jsonb_to_recordset(%(calls)s) as c (id uuid, model text, input_tokens int, cached_tokens int, output_tokens int,
                                             cost numeric, outcome text, latency_s double precision)
    on conflict (id) do nothing
    returning cost
),
total as (select sum(cost) as cost from booked having count(*) > 0),
day as (
    insert into spend_days (day, shard, spent) select %(day)s, mod(%(job_id)s::bigint, 16), cost from total
    on conflict (day, shard) do update set spent = spend_days.spent + excluded.spent
),
conversation as (
    insert into conversation_spend (conversation_id, spent) select %(conversation_id)s, cost from total
    on conflict (conversation_id) do update set spent = conversation_spend.spent + excluded.spent
)
delete from spend_reservations where conversation_id = %(conversation_id)s and job_id = %(job_id)s;

-- forget_reservations: Those of jobs that do not run any more, and of any that ran for longer than a turn can.
delete from spend_reservations r
where r.reserved_at < now() - make_interval(secs => %(older_than_s)s)
   or not exists (select from procrastinate_jobs j where j.id = r.job_id and coalesce(j.status = 'doing', false));

-- recent_replies: When we replied in a conversation lately, since a person of ours last had a part in it.
select o.sent_at from outgoing_messages o join broker_conversations c using (conversation_id)
where o.conversation_id = %(conversation_id)s and o.kind = 'reply' and o.state = 'sent'
  and o.sent_at > greatest(now() - make_interval(secs => %(within_s)s), c.handoff_at, c.taken_at,
                           (select max(p.sent_at) from person_messages p where p.conversation_id = c.conversation_id),
                           (select max(p.noted_at) from person_commands p where p.conversation_id = c.conversation_id));
