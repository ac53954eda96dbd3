"""Who may do what to which table: values alone, without database, people or pages."""
