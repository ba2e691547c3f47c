"""
The SQL of jobs, and the tables of Procrastinate.
"""
