-- The database watches its own commits: what must never be seen is written down in the transaction that did it.
-- Looking from outside sees some of the commits; this sees all of them.
create schema watch;
create table watch.faults (what text, detail text, txid bigint default txid_current(), at timestamptz default clock_timestamp());
create table watch.moves (
    conversation_id bigint, before text, after text, txid bigint default txid_current(), at timestamptz default clock_timestamp());

create function watch.place_taken() returns trigger language plpgsql as $$
begin
    if cardinality(new.active_conversations) > new.max_concurrent_chats or not new.is_active then
        insert into watch.faults (what, detail) values ('over the limit', new.slug || ' ' || new.active_conversations::text);
    end if;
    return null;
end $$;
create trigger place_taken after update on nextnest.ai_brokers for each row
    when (cardinality(new.active_conversations) > cardinality(old.active_conversations))
    execute function watch.place_taken();

create function watch.moved() returns trigger language plpgsql as $$
begin
    insert into watch.moves (conversation_id, before, after) values (new.conversation_id, old.status, new.status);
    if old.status = 'waiting' and new.status = 'active' and exists (
        select from nextnest.broker_conversations c
        where c.status = 'waiting' and c.held_by = 'ai' and c.conversation_id <> old.conversation_id
          -- One that was given back to the AI in this very moment was no choice yet when the choice was made.
          and c.xmin::text::bigint < pg_current_xact_id()::text::bigint
          and (c.waiting_since, c.conversation_id) < (old.waiting_since, old.conversation_id)) then
        insert into watch.faults (what, detail) values ('out of order', new.conversation_id::text);
    end if;
    if old.held_by = 'person' and new.status = 'active' then
        insert into watch.faults (what, detail) values ('taken from a person', new.conversation_id::text);
    end if;
    return null;
end $$;
create trigger moved after update on nextnest.broker_conversations for each row
    when (old.status is distinct from new.status) execute function watch.moved();

create function watch.drifted() returns trigger language plpgsql as $$
begin
    insert into watch.faults (what, detail) select 'drift', d::text from nextnest.broker_capacity_drift d;
    return null;
end $$;
create constraint trigger drifted after update on nextnest.ai_brokers deferrable initially deferred for each row
    execute function watch.drifted();
create constraint trigger drifted after insert or update on nextnest.broker_conversations deferrable initially deferred
    for each row execute function watch.drifted();

create function watch.place_freed() returns trigger language plpgsql as $$
begin
    if exists (select from nextnest.broker_conversations where status = 'waiting' and held_by = 'ai')
       and exists (select from nextnest.ai_brokers where is_available) then
        insert into watch.faults (what, detail) values ('free beside a waiting lead', new.slug);
    end if;
    return null;
end $$;
create constraint trigger place_freed after update on nextnest.ai_brokers deferrable initially deferred for each row
    when (cardinality(new.active_conversations) < cardinality(old.active_conversations))
    execute function watch.place_freed();
