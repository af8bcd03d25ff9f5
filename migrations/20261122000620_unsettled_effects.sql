-- What we do not know, in one list.
--
-- A lost answer leaves an effect `unknown` until the conversation was read back. While that cannot be read, nothing is sent
-- blind: the effect stays here, with the reason, for people and for the console to see. A row `sending` is a request on its
-- way, or one whose process died.

create view nextnest.unsettled_effects with (security_invoker = true) as
select conversation_id, id as effect_id, kind, state, sending_at as since, attempts, last_error
from nextnest.outgoing_messages
where state in ('sending', 'unknown');
comment on view nextnest.unsettled_effects is
    'Effects that may or may not have happened in Chatwoot, since when, and why we cannot tell. Ordinarily empty within seconds.';

revoke all on nextnest.unsettled_effects from public;
