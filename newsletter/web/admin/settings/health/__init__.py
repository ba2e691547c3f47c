"""
The pages about the installation: its checks, its DNS records, and what newsletter.toml says.
"""
