"""How `pgswarm outside login` hears what a browser brings back."""
