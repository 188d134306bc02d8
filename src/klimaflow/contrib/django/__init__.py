"""A Django app: cases on Django's own connection, in its transactions; needs the extra `django`.

Put `klimaflow.contrib.django` into `INSTALLED_APPS` and name the procedures in
`KLIMAFLOW_PROCEDURES`. Hosts use `cases`, `models` and `permissions`.
"""
