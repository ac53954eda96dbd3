"""What stands between the network and the app: who is let through, and what browsers are told."""
