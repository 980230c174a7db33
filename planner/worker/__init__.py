"""The worker: a process of its own that does what is due. It keeps no facts; the database says what is to be done."""
