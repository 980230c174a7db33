"""Documents at the edge: protocols and what-if questions read from files, plans written as answers and tables."""
