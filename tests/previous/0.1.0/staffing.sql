-- broker_named: One broker as she stands.
select id, slug, name, personality_type, title, persona, max_concurrent_chats, current_workload, is_active, is_available,
       last_active_at
from ai_brokers where slug = %(slug)s;

-- set_limit: How many conversations she may hold; no row when it is not what somebody saw any more.
update ai_brokers set max_concurrent_chats = %(wanted)s, updated_at = now()
where slug = %(slug)s and max_concurrent_chats = %(shown)s
returning name, current_workload, is_active;

-- set_active: Whether she takes conversations; no row when it is so already.
update ai_brokers set is_active = %(active)s, updated_at = now()
where slug = %(slug)s and is_active <> %(active)s
returning name, current_workload, max_concurrent_chats;

-- set_wording: Her title, her greeting and how the model speaks for her; no row when they are not what somebody saw any more.
update ai_brokers
set title = %(title)s, updated_at = now(),
    persona = persona || jsonb_build_object(
        'greeting', %(greeting)s::text,
        'response_style', jsonb_build_object('tone', %(tone)s::text, 'pacing', %(pacing)s::text, 'focus', %(focus)s::text))
where slug = %(slug)s and title = %(title_shown)s and persona ->> 'greeting' = %(greeting_shown)s
  and persona #>> '{response_style,tone}' = %(tone_shown)s and persona #>> '{response_style,pacing}' = %(pacing_shown)s
  and persona #>> '{response_style,focus}' = %(focus_shown)s
returning name;

-- held_by_brokers: The newest conversations each broker holds a place for.
select b.slug, h.conversation_id, l.lead ->> 'name' as name
from ai_brokers b
cross join lateral unnest(b.active_conversations[greatest(b.current_workload - %(most)s::int + 1, 1):])
    with ordinality as h (conversation_id, place)
left join broker_conversations c on c.conversation_id = h.conversation_id
left join leads l on l.id = c.lead_id
order by b.slug, h.place desc;
