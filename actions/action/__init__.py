"""Actions on actions: making new ones, and keeping their space in order."""
