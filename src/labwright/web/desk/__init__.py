"""What one person may see and do in one project: the only place where rights are enforced, for pages and API alike.

A ``Workspace`` is the project as the app sees it, a ``Desk`` one person at it, a ``Sheet`` one table at that desk. What
is done with sheets is sorted by what it is for: ``grid`` looks at rows, ``changing`` enters, changes and deletes them,
``importing`` takes them out of files, ``preview`` looks into what is large, ``jobs`` has them computed, ``lab_book`` is
written in, and ``screens`` is what a lab has declared for itself.
"""
