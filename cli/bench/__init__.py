"""What `pgswarm bench` is made of: processors of its own, and loads. Rule: real processes, wall clock."""
