"""What a lab has declared for the app: columns, plots, pages, dashboards and actions, for one person."""
