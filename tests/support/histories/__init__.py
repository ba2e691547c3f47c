"""
Random histories of a few people, and a model of who may be mailed that is written from what the
product promises.
"""
