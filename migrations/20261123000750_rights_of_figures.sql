-- Who may add figures up.
--
-- The views per hour read percentiles from histograms, so whoever may read them may call the functions that do it. The
-- console also asks for the hour that is not over, straight from the facts.

insert into nextnest.rights (role, kind, names, privileges) values
('nextnest_web', 'function', 'histogram%', 'execute'),
('nextnest_console', 'function', 'histogram%', 'execute'),
('nextnest_console', 'function', '%\_per', 'execute'),
('nextnest_readonly', 'function', 'histogram%', 'execute')
on conflict do nothing;

select nextnest.apply_rights();
