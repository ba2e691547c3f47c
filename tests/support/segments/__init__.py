"""
Random people and random rules, each rule with a plain function that says whom it selects.
"""
