"""From bytes or text to a typed table. Rule: nothing is guessed in silence; what was decided or left out is a note."""
