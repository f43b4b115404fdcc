"""The pages for people: each is made from a job that a query worker answers.

Of the modules here ``reading`` is how a job reads the graph, ``asked`` and ``kept`` how a route
gets its answer, ``languages``, ``assets`` and ``frame`` what all pages have around them,
``kinds`` which page shows what. Each package is a page, or a few of one kind: ``page`` has its
routes, ``job`` what a query worker does for it.
"""
