"""Rows, queries and transactions: the only place that speaks SQL. Rows never leave it."""
