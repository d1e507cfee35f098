"""From a table and a plan to figures. Rule: exact decimals; a mean is rounded only where it is shown."""
