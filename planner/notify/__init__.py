"""Delivering what the outbox owes: letters from current facts, a mail server, and the dispatcher between them."""
