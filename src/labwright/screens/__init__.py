"""What a lab adds to the screens of the app, declared next to its tables: plots, columns, actions, checks, pages.

A declaration is a value, and what its function returns is data, never HTML. Nothing here knows of the web; the app
finds the declarations in the modules that declare the tables.
"""
