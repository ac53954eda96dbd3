"""The screens, each in a file of its own: plain routes that give HTML, of which htmx fetches parts again."""
