"""
Run submissions: the sending loop of a worker, the Procrastinate worker, and the bridge between
them.
"""
