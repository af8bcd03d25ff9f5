-- Drafts are found by the effect they became.
--
-- A reply that is withheld at the last moment, or adopted after all, changes what its draft is called. Without an index that read
-- every draft there ever was, inside the transaction; so did forgetting an effect, whose drafts outlive it.

create index ai_replies_by_effect on nextnest.ai_replies (outgoing_id) where outgoing_id is not null;
