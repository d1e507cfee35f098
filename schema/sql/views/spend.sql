-- Tokens and money by swarm, action and model.
create or replace view pgswarm.spend with (security_invoker = true) as
select s.owner_id, c.swarm_id, n.action, c.model, count(*) as llm_calls, sum(c.sends) as sends,
       sum(c.input_tokens) as input_tokens, sum(c.output_tokens) as output_tokens, sum(c.cost_usd) as cost_usd,
       sum(c.lost_tokens) as lost_tokens, sum(c.lost_cost_usd) as lost_cost_usd
  from pgswarm.llm_call c
  join pgswarm.swarm s on s.swarm_id = c.swarm_id
  join pgswarm.node n on n.swarm_id = c.swarm_id and n.node_id = c.node_id
 group by 1, 2, 3, 4;
