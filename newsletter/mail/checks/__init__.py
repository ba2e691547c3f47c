"""
A mail looked over before it leaves: `rules` lists every rule, one file a group looks, `child` runs
them in the sandbox. `newsletter.issues.preflight` gathers what they need.
"""
