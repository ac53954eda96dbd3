"""The rows of a table as somebody asks for them: which, in what order, with which columns; a page, or a file."""
