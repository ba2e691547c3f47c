"""
Check a mail before it is sent: `rules` lists every rule, one file for each group implements them,
`sandbox_child` runs them in the sandbox. `newsletter.issues.preflight` collects what they need.
"""
