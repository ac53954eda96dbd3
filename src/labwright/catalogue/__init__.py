"""What the database knows of stored bytes."""
