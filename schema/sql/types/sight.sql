-- Which entries somebody sees: the layers, the nearest first (a swarm's own, its blueprint's and those that this stands on, the
-- built-in one), and what the blueprint leaves out. `own` are the layers whose folders take new entries, portals or not.
select pgswarm.make_type('sight', 'swarm_id uuid, blueprint_id uuid, owner_id uuid, layers uuid[], hidden uuid[], own uuid[]');
