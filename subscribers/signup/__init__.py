"""
Sign up with proof: a person asks to join, and is on the list once they pressed the button in the
email.
"""
