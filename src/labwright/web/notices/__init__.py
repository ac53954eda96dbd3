"""What people are told without asking: in the app, by mail, by another program, as each of them has chosen."""
