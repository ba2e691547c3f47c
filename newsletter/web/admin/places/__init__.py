"""
Where the newsroom has what commands do, for texts that name a command.
"""
