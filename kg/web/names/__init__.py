"""The names of all terms, papers and authors of a snapshot, in one file, and search in it.

``schema`` says what the file holds, ``keys`` and ``words`` by what a name is found; ``writing``
makes the file, ``files`` has it made for each snapshot, ``lookup`` reads it. ``finding`` ranks
what a reader's words find, ``facets`` counts it.
"""
