"""The app for scientists: everything in it is made from the tables of a project.

What is asked goes down through these packages, and what is answered comes back up; none imports one above it.

* ``serve`` and ``role_plans``: what the command line starts.
* ``app``: all of it, as one ASGI application.
* ``pages`` and ``api``: what addresses and forms ask for, and what people and programs are shown of it.
  Beside them ``building``: the site that settings describe.
* ``site``: the projects of one server, and who comes to them.
* ``care``: what goes on beside requests, such as telling people what has happened.
* ``desk``: what one person may see and do in one project; rights are enforced here, and here alone.
* ``exports`` and ``notices``: files that rows are taken along in, and what people are told.
* ``keeping``: what the app keeps beside the pipeline. ``http``: what is let through, and what browsers are told.
* ``accounts`` and ``roles``: who people are, and what they may do.
* ``fields``: how the values of each type are typed, checked, shown and compared.
"""
