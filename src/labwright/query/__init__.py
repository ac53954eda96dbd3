"""The relational algebra: values that describe a question, without a database."""
