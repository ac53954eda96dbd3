"""Looking after a server: how it is, its backups, and sending what people are to be told."""
