"""From a question in plain English to a plan. Rule: what cannot be told is asked, never guessed in silence."""
