"""
Send mail through providers: one package per provider, behind the protocol
`model.delivery.Provider`.

The modules beside them hold what several providers share. `kinds` declares the built-in
ones, and `registry` opens any.
"""
