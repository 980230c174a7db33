"""Use-cases: one function, one transaction, the permission first."""
