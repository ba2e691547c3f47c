"""
Every noun of the publishing side, one file each: frozen dataclasses, enums and the allowed moves.

Nothing here does any I/O. `brief` and `issue` are what people make, `mail` is what is sent,
`delivery` is the ledger, and `schedule` is the rule that makes issues.
"""
