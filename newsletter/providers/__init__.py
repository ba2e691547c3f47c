"""
Send mail through providers: one package for each, behind the protocol `model.delivery.Provider`.

The modules beside them hold what several providers share. `registry` is the only importer of
concrete providers.
"""
