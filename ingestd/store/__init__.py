"""Spool, queue and ledger in one database and one transaction; `spool.Spool` is the only door. No row leaves here."""
