"""The reconciliation service: which of our terms, authors and papers a table's cells name.

The names of a snapshot are in a file of ``kg.web.names``. ``requests`` reads what a client
sends; ``matching``, ``conditions`` and ``values`` answer it in a query worker; ``shapes`` and
``manifest`` write it as the two versions of the protocol want it; ``routes`` are the addresses.

Sources: https://www.w3.org/community/reports/reconciliation/CG-FINAL-specs-0.2-20230410/ and
https://reconciliation-api.github.io/specs/1.0-draft/
"""
