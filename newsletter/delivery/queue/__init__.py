"""
Run the submissions of a worker: its sending loop, the Procrastinate worker, and the bridge between
them.
"""
