-- A webhook that was taken in is not taken in again.
--
-- Chatwoot names each delivery, and sends each once. Who has read one could send it again while its signature is fresh; a
-- change of status would then be believed twice. So a delivery is remembered, in the transaction of what it did, and a second
-- one finds it there. Messages have their own ids and need nothing more. Names go after a week, when no signature is fresh.

delete from nextnest.webhook_events one using nextnest.webhook_events other
where other.delivery_id = one.delivery_id and other.id < one.id;
create unique index webhook_events_by_delivery on nextnest.webhook_events (delivery_id) where delivery_id is not null;
