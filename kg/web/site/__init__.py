"""The pages for people: each is made from a job that a query worker answers.

``reading`` is how a job reads the graph, ``kept`` how a route gets its answer, ``languages``,
``assets`` and ``frame`` what all pages have around them. Every other module is a page, or the
job behind one.
"""
