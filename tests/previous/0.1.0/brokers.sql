-- lock_capacity: One transaction at a time decides about places, so nobody waits while a place is free.
select pg_advisory_xact_lock(hashtext('nextnest.capacity'));

-- all_brokers: Every broker as she stands.
select id, slug, name, personality_type, title, persona, max_concurrent_chats, current_workload, is_active, is_available,
       last_active_at
from ai_brokers order by slug;

-- reserve_slot: Take a place for the conversation with a broker who still has room.
update ai_brokers
set active_conversations = array_append(active_conversations, %(conversation_id)s::bigint),
    last_active_at = now(), updated_at = now()
where id = %(broker_id)s and is_available and not %(conversation_id)s = any (active_conversations)
returning id;

-- release_slot: Give the conversation's own place back; no row when it holds none.
update ai_brokers
set active_conversations = array_remove(active_conversations, %(conversation_id)s::bigint), updated_at = now()
where %(conversation_id)s = any (active_conversations)
returning id;
