"""
Amazon SES, and Amazon SNS for its events: https://docs.aws.amazon.com/ses/
"""
