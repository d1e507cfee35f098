-- Model calls with their requests and responses, also those that a fork has from its original.
create or replace view pgswarm.llm_call_whole with (security_invoker = true) as
select c.swarm_id, c.node_id, c.activation, c.call_no, c.request_hash, c.model, coalesce(c.request, o.request) as request,
       coalesce(c.response, o.response) as response, c.input_tokens, c.output_tokens, c.cost_usd, c.sends, c.lost_tokens,
       c.lost_cost_usd, c.started_at, c.finished_at, c.source_swarm_id, c.source_node_id, c.source_activation, c.prompt, c.memo
  from pgswarm.llm_call c
  left join pgswarm.llm_call o
    on o.swarm_id = c.source_swarm_id and o.node_id = c.source_node_id and o.activation = c.source_activation
   and o.call_no = c.call_no and o.request_hash = c.request_hash;
