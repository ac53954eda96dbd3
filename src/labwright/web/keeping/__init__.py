"""What the app keeps for people beside the pipeline: drafts, views, what they want to be told."""
