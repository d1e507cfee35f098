-- A node that has just begun to wait for children that are still to be made: which act of the batch made it so, the place of
-- its swarm in the lock order, and how many children it gets (`counted`: those that count towards the swarm's limit).
select pgswarm.make_type('spawner',
  'act integer, lane_no integer, swarm_id uuid, node_id uuid, depth integer, priority smallint, activation integer, '
  'at timestamp with time zone, children integer, counted integer');
