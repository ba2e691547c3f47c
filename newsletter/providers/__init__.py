"""
One file a provider, each behind `model.delivery.Provider`; `lanes` is how those on the network
are reached. `app` makes them, nothing else imports them.
"""
