"""
Every noun of the publishing side, one file each: frozen dataclasses, enums and the allowed moves.

Nothing here reads or writes anything. `brief` and `issue` are what people make, `mail` is what
leaves, `delivery` is the ledger, `schedule` is the rule that makes issues.
"""
