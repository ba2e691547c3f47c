"""
Send mail through providers: one package per provider, behind the protocol
`model.delivery.Provider`.

The modules beside them hold what several providers share. `registry` is the only importer of
concrete providers.
"""
