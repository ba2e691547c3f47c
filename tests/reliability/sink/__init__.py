"""
The recording provider, which knows nothing of the product.
"""
